import { createHash, randomBytes } from 'node:crypto'

/** Crockford base32: no I, L, O, U, so that nobody misreads it. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Four groups of four that stand alone; programs write other dashes, and people read O for 0. */
const written = /(?<![\p{L}\p{N}-])(?:[0-9A-Z]{4}[-\u2010\u2011\u2013]){3}[0-9A-Z]{4}(?![\p{L}\p{N}-])/giu
/** A mail that quotes others has a few. */
const mostCodes = 20

/** A fresh code of 80 random bits as XXXX-XXXX-XXXX-XXXX: beyond guessing, and short enough to be typed. */
export function newProofCode(): string {
  const bytes = randomBytes(10)
  const bits = BigInt(`0x${bytes.toString('hex')}`)
  const letters = Array.from({ length: 16 }, (_, at) => alphabet[Number((bits >> BigInt(75 - 5 * at)) & 31n)])
  return (letters.join('').match(/.{4}/g) ?? []).join('-')
}

/** What is stored instead of a code. It is random, so nothing slower is needed. */
export function hashOfCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}

/** What could be codes in a text, in the form in which they were made. */
export function codesIn(text: string): readonly string[] {
  const found = new Set<string>()
  for (const [code] of text.matchAll(written)) {
    const plain = code
      .toUpperCase()
      .replaceAll(/[^0-9A-Z]/g, '')
      .replaceAll('O', '0')
      .replaceAll(/[IL]/g, '1')
    found.add((plain.match(/.{4}/g) ?? []).join('-'))
    if (found.size === mostCodes) break
  }
  return [...found]
}
