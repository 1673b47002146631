import { getDomain } from 'tldts'
import { freemailDomains } from '../trust/freemail-domains.ts'

/**
 * The domain under which hosts and addresses of one organisation are stored, by the public suffix list. With the private
 * suffixes, so that the customers of one hosting domain do not share their trust. A name without one stands for itself.
 */
export function organisationalDomain(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain
}

/** Whether the domain gives addresses to everybody, so that it says nothing about who uses one. */
export function isFreemail(domain: string): boolean {
  return freemailDomains.has(domain) || freemailDomains.has(organisationalDomain(domain))
}
