import ipaddr from 'ipaddr.js'
import { getDomain } from 'tldts'
import { readPattern } from '../policy/pattern.ts'

/** Networks that no list can know anything of; a question about them would only tell how our house is built. */
const neverAsked: readonly string[] = [
  'unspecified',
  'broadcast',
  'multicast',
  'linkLocal',
  'loopback',
  'carrierGradeNat',
  'private',
  'uniqueLocal',
  'deprecatedSiteLocal',
]

/**
 * The labels under which an address stands in a list (RFC 5782 2.1 and 2.4): octets or nibbles, the last first. Undefined
 * for what is never asked. Networks kept for documentation are asked like any other.
 */
export function addressLabels(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined
  // RFC 4291 2.5.5.2: ::ffff:192.0.2.1 is what a dual-stack socket calls 192.0.2.1.
  const parsed = ipaddr.process(address)
  if (neverAsked.includes(parsed.range())) return undefined
  if (parsed.kind() === 'ipv4') return parsed.toByteArray().reverse().join('.')
  const nibbles = parsed.toByteArray().flatMap((byte) => [byte >> 4, byte & 15])
  return nibbles
    .reverse()
    .map((nibble) => nibble.toString(16))
    .join('.')
}

/**
 * The names under which a domain can stand in a list: itself and its organisational domain, since some lists know all names
 * below a listed one and some only what was registered. None for what is no domain.
 */
export function domainLabels(domain: string): readonly string[] {
  const name = readPattern(domain)
  if (name === undefined || name === 'default' || /[*@]/.test(name)) return []
  return [...new Set([name, getDomain(name, { allowPrivateDomains: true }) ?? name])]
}

/** The domain of an envelope sender; none of the null reverse-path. */
export function domainOfSender(path: string): string | undefined {
  const at = path.lastIndexOf('@')
  return at < 0 ? undefined : path.slice(at + 1)
}
