import type { AuthenticationFacts } from '../message/facts.ts'
import { unfold } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { comparableDomain } from '../policy/pattern.ts'
import { areAligned } from './are-aligned.ts'

/** RFC 8617 5.2: no chain is longer. */
const maxInstances = 50

/**
 * Who sealed the message on its way, and whether the first of them found its author authenticated. Only for a chain that
 * was verified: then each seal is unbroken, and there is one field of each kind for each instance.
 */
export function forwardedBy(
  fields: readonly HeaderField[],
  authorDomain: string,
): NonNullable<AuthenticationFacts['forwarded']> {
  const valuesOf = (name: string) =>
    fields
      .filter((field) => field.name.trim().toLowerCase() === name)
      .slice(0, maxInstances)
      .map(({ value }) => plainText(unfold(value)))
  const sealers = valuesOf('arc-seal').map((value) => comparableDomain(tagOf(value, 'd') ?? ''))
  const first = valuesOf('arc-authentication-results').find((value) => tagOf(value, 'i') === '1') ?? ''
  return { sealers: [...new Set(sealers)], authorPassed: saysPass(first, authorDomain) }
}

/** Without comments and quoted strings: there a sender can write what looks like a result (RFC 8601 2.2). */
function plainText(value: string): string {
  let text = value.replaceAll(/\\./g, '').replaceAll(/"[^"]*"/g, '""')
  for (let depth = 0; depth < 5; depth += 1) text = text.replaceAll(/\([^()]*\)/g, ' ')
  return text
}

function tagOf(value: string, tag: string): string | undefined {
  const found = value.split(';').find((part) => part.trim().startsWith(`${tag}=`))
  return found?.slice(found.indexOf('=') + 1).trim()
}

function saysPass(results: string, authorDomain: string): boolean {
  // What a comment without end may hide is nobody's word.
  if (/[()]/.test(results)) return false
  return results.split(';').some((result) => {
    const property = (name: string) => {
      const found = new RegExp(`(?:^|\\s)${name}=([^\\s;]+)`, 'i').exec(result)?.[1]
      return found === undefined ? undefined : comparableDomain(found.replace(/^@/, ''))
    }
    const [, method] = /^\s*([a-z]+)\s*=\s*pass(?:\s|$)/i.exec(result) ?? []
    if (method?.toLowerCase() === 'dmarc') return property('header\\.from') === authorDomain
    const signer = method?.toLowerCase() === 'dkim' ? property('header\\.d') : undefined
    return signer !== undefined && areAligned(signer, authorDomain)
  })
}
