import { comparableDomain } from './pattern.ts'

/** Whether a domain (lower-case A-labels) is one of ours or below one: nobody else writes from there, unless it proves it. */
export function isOwnDomain(domain: string, ownDomains: readonly string[]): boolean {
  return ownDomains.map(comparableDomain).some((own) => domain === own || domain.endsWith(`.${own}`))
}
