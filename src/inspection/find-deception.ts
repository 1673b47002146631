import { domainToUnicode } from 'node:url'
import { parse } from 'tldts'
import type { Author } from '../message/address.ts'
import type { DeceptionFacts } from '../message/facts.ts'
import { isOwnDomain } from '../policy/is-own-domain.ts'
import type { KnownPeople } from '../storage/known-people.ts'
import { organisationalDomain } from '../storage/organisational-domain.ts'
import { addressesShown, personKey } from '../trust/display-name.ts'
import { type DomainName, type GuardedDomains, lookalikeOf } from '../trust/lookalike.ts'

/** Finds what makes an author look like somebody else. A store that cannot be read fails. */
export type FindDeception = (author: Author) => Promise<DeceptionFacts>

/** The names that are worth borrowing. */
export interface GuardedNames {
  readonly ownDomains: readonly string[]
  readonly domains: () => Promise<GuardedDomains>
  readonly people: Pick<KnownPeople, 'namesakes'>
}

type Finding = DeceptionFacts['findings'][number]

/** Compares the author's domain and display name with those that we know. Who proves our own domain is one of us. */
export function findDeceptionWith({ ownDomains, domains, people }: GuardedNames): FindDeception {
  return async (author) => {
    if (author.kind !== 'author') return { findings: [] }
    const { address, domain, name = '' } = author
    const findings: Finding[] = []
    const shown = addressesShown(name).find((each) => !isOfSame(each, domain))
    if (shown !== undefined)
      findings.push({ kind: 'address-in-name', evidence: `the name shown is ${shown.slice(0, 100)}` })
    if (isOwnDomain(domain, ownDomains)) return { findings }
    const own = domainName(domain)
    const host = domainToUnicode(domain) || domain
    const twin = own && lookalikeOf(own, host, await domains())
    if (twin) {
      const evidence =
        twin.of === undefined ? `${domain}: ${twin.how}` : `${domain} looks like ${twin.of}: ${twin.how}`
      findings.push({ kind: 'lookalike', evidence })
    }
    const person = personKey(name)
    const namesakes = person === undefined ? undefined : await people.namesakes(person, address)
    if (namesakes?.own) findings.push({ kind: 'own-person', evidence: 'the name shown is that of one of us' })
    else if (namesakes?.partner)
      findings.push({ kind: 'partner-person', evidence: 'the name shown is that of somebody we write to' })
    return { findings }
  }
}

/** An address of the author's own organisation in his name borrows nothing. */
function isOfSame(address: string, domain: string): boolean {
  const shown = address.slice(address.lastIndexOf('@') + 1)
  return organisationalDomain(asciiOf(shown)) === organisationalDomain(domain)
}

function asciiOf(domain: string): string {
  return URL.parse(`http://${domain}/`)?.hostname ?? domain
}

/** The organisation's name and its public suffix, by the public suffix list; undefined for what has none. */
export function domainName(domain: string): DomainName | undefined {
  const { domainWithoutSuffix, publicSuffix } = parse(domain, { allowPrivateDomains: true })
  if (!domainWithoutSuffix || !publicSuffix) return undefined
  return {
    label: domainToUnicode(domainWithoutSuffix) || domainWithoutSuffix,
    suffix: domainToUnicode(publicSuffix) || publicSuffix,
  }
}
