import type { AuthenticationFacts } from '../message/facts.ts'
import type { HeaderField } from '../message/header-field.ts'
import { comparableDomain } from '../policy/pattern.ts'
import { areAligned } from './are-aligned.ts'

type DkimFact = AuthenticationFacts['dkim'][number]

/** 1000 copies of a signature block mailauth's event loop for 0.8 s; honest mail carries one to four. */
const maxSignatures = 10

/**
 * The header as it is given to the verifier. Of many DKIM signatures it keeps ten, those of the author's domain
 * first. Signatures with `l=` leave, and are told in `limited`: behind the signed part anybody can append what the
 * reader will see (RFC 6376 8.2), so they count as no signature, for DMARC too.
 */
export function chooseSignatures(
  fields: readonly HeaderField[],
  authorDomain: string | undefined,
): { fields: readonly HeaderField[]; limited: readonly DkimFact[] } {
  const isAligned = (domain: string) => authorDomain !== undefined && areAligned(domain, authorDomain)
  const signatures = fields
    .filter(({ name }) => name.trim().toLowerCase() === 'dkim-signature')
    .map((field) => {
      const tags = readTags(field.value)
      const domain = comparableDomain(tags.get('d') ?? '')
      return { field, tags, domain, aligned: isAligned(domain) }
    })
  const chosen = signatures.toSorted((a, b) => Number(b.aligned) - Number(a.aligned)).slice(0, maxSignatures)
  const kept = new Set(chosen.filter(({ tags }) => !tags.has('l')).map(({ field }) => field))
  const left = new Set(signatures.map(({ field }) => field).filter((field) => !kept.has(field)))
  return {
    fields: fields.filter((field) => !left.has(field)),
    limited: chosen
      .filter(({ tags }) => tags.has('l'))
      .map(({ tags, domain, aligned }) => ({
        // RFC 8601 2.7.1: signed, but in a way that we do not accept.
        result: 'policy',
        domain,
        selector: tags.get('s') ?? '',
        aligned,
        bodyLengthLimited: true,
      })),
  }
}

/** RFC 6376 3.2: a list of `tag=value` between semicolons. */
export function readTags(value: string): Map<string, string> {
  const tags = new Map<string, string>()
  for (const part of value.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) tags.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  return tags
}
