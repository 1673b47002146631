import { unfold } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { readTags } from './choose-signatures.ts'

/**
 * Whether the DKIM signature with this `b=` covers what a reader sees of the header: every Subject, and To or Date (RFC
 * 6376 5.4.1; a signature without From is none at all). A field that is not there must be named too, else anybody could
 * add it: a copy would say something else, or go to anybody at any time.
 */
export function coversHeader(fields: readonly HeaderField[], signature: string): boolean {
  // "Subject :" is a Subject for who shows it (RFC 5322 4.5.3).
  const named = (name: string) => fields.filter((field) => field.name.trim().toLowerCase() === name)
  const written = named('dkim-signature')
    .map(({ value }) => readTags(unfold(value)))
    .find((tags) => bare(tags.get('b')) === bare(signature))
  const signed = (written?.get('h') ?? '').split(':').map((name) => name.trim().toLowerCase())
  const covers = (name: string) =>
    signed.filter((each) => each === name).length >= Math.max(1, named(name).length)
  return covers('subject') && (covers('to') || covers('date'))
}

function bare(text = ''): string {
  return text.replaceAll(/\s/g, '')
}
