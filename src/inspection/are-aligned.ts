import { getDomain } from 'tldts'

/**
 * Relaxed alignment (RFC 9989 4.10.2) where no DMARC record says what belongs together: by the public suffix list.
 * With the private suffixes, so that the customers of one hosting domain do not share their trust.
 */
export function areAligned(domain: string, authorDomain: string): boolean {
  return domain === authorDomain || organisationOf(domain) === organisationOf(authorDomain)
}

/** A name without a registrable domain (a suffix, an address) is aligned with nothing but itself. */
function organisationOf(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain
}
