/**
 * Who a rule is about: `anna@example.org`, `example.org`, `*.example.org` (every domain below it, not the domain
 * itself, as `.example.org` in a Postfix table), or `default` (everybody). Lower-case, domains as A-labels.
 */
export type Pattern = string

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/

/** A domain as it is compared: lower-case A-labels (RFC 5890 2.3.2.1), without the dot of the DNS root. */
export function comparableDomain(domain: string): string {
  const plain = domain.toLowerCase().replace(/\.$/, '')
  if (/^[ -~]*$/.test(plain)) return plain
  // The host of a URL is processed by UTS 46, which is what mail programs do with an internationalised domain.
  const url = URL.parse(`http://${plain}/`)
  return url && /^[^/?#@:%\\\s]+$/.test(plain) ? url.hostname : plain
}

/**
 * An address as it is compared: lower-case, since no provider that matters tells "Anna" from "anna", and without
 * quotes around the local part, because `"anna"@` and `anna@` are the same mailbox (RFC 5321 4.1.2).
 */
export function comparableAddress(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 0) return address.toLowerCase()
  const local = address.slice(0, at).toLowerCase()
  const quoted = /^"(.*)"$/s.exec(local)?.[1]
  return `${quoted?.replace(/\\(.)/gs, '$1') ?? local}@${comparableDomain(address.slice(at + 1))}`
}

/** RFC 3696 2: the last label is not all digits; so no IP address is taken for a name. */
function isDomain(domain: string): boolean {
  const labels = domain.split('.')
  return (
    domain.length <= 253 &&
    labels.length > 1 &&
    labels.every((part) => label.test(part)) &&
    /\D/.test(labels.at(-1) ?? '')
  )
}

/** The pattern that `text` means, in comparable form; undefined if it is none. */
export function readPattern(text: string): Pattern | undefined {
  if (text === 'default') return text
  if (text.startsWith('*.')) {
    const parent = comparableDomain(text.slice(2))
    return parent.split('.').every((part) => label.test(part)) && parent.length <= 251
      ? `*.${parent}`
      : undefined
  }
  const at = text.lastIndexOf('@')
  if (at < 0) {
    const domain = comparableDomain(text)
    return isDomain(domain) ? domain : undefined
  }
  const address = comparableAddress(text)
  const end = address.lastIndexOf('@')
  return end > 0 && end <= 64 && !/[\s*]/.test(address) && isDomain(address.slice(end + 1))
    ? address
    : undefined
}

/** The patterns that speak for an address, a domain or a pattern, narrowest first, `default` last. */
export function patternsFor(subject: string): Pattern[] {
  if (subject === 'default') return ['default']
  const comparable = comparableAddress(subject)
  const at = comparable.lastIndexOf('@')
  const domain = at < 0 ? comparableDomain(comparable) : comparable.slice(at + 1)
  const patterns = at < 0 ? [domain] : [comparable, domain]
  // RFC 1035 2.3.4: nothing longer is in the DNS. The bound keeps hostile names from costing their length squared.
  const labels = domain.length <= 255 ? domain.split('.').slice(1) : []
  // A pattern `*.b.c` begins with the label `*`, so that `*.c` is its next wider one too.
  const parents = labels.map((_, index) => `*.${labels.slice(index).join('.')}`)
  return [...patterns, ...parents.filter((parent) => parent !== domain), 'default']
}
