import { holdsIban } from './holds-iban.ts'
import { holdsSocialSecurityNumber } from './holds-social-security-number.ts'
import { holdsTaxId } from './holds-tax-id.ts'
import { wordFinder } from './word-finder.ts'

/** Names of detectors, as they stand in decision records. */
export type Detector =
  | 'iban'
  | 'tax-id'
  | 'social-security-number'
  | 'word'
  | 'attachment-type'
  /** There is more text than we look through, or some that cannot be read: it might hold anything. */
  | 'unread'

/** Which detectors find something in the texts of a message. */
export function detectInText(texts: readonly string[], words: readonly string[]): Detector[] {
  const detectors: readonly (readonly [Detector, (text: string) => boolean])[] = [
    ['iban', holdsIban],
    ['tax-id', holdsTaxId],
    ['social-security-number', holdsSocialSecurityNumber],
    ['word', wordFinder(words)],
  ]
  // What is copied from pages has invisible characters inside, and digits in other widths.
  const plain = texts.map((text) => text.normalize('NFKC').replaceAll(/\p{Cf}/gu, ''))
  return detectors.filter(([, finds]) => plain.some((text) => finds(text))).map(([name]) => name)
}
