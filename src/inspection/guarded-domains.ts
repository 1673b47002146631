import type { TrustMemory } from '../storage/trust-memory.ts'
import { type GuardedDomains, guardedDomains } from '../trust/lookalike.ts'
import type { Weights } from '../trust/weights.ts'
import { domainName } from './find-deception.ts'

/** The domains that we write to most: who imitates one of a firm's correspondents imitates one of these. */
const maxPartners = 1000
const freshMs = 10 * 60_000

/**
 * Our own domains and those that we write to most, made ready for comparing; read anew every ten minutes, by one reader
 * for all messages that ask meanwhile. A store that cannot be read fails, and is asked again by the next message.
 */
export function guardedDomainsOf({
  ownDomains,
  memory,
  weights,
  now,
}: {
  readonly ownDomains: readonly string[]
  readonly memory: Pick<TrustMemory, 'domains'>
  readonly weights: () => Weights
  readonly now: () => Date
}): () => Promise<GuardedDomains> {
  let read: { readonly at: number; readonly domains: Promise<GuardedDomains> } | undefined
  const readAgain = async () => {
    const partners = await memory.domains(maxPartners, now(), weights())
    const named = (domains: readonly string[], own: boolean) =>
      domains.flatMap((domain) => {
        const name = domainName(domain)
        return name ? [{ ...name, own }] : []
      })
    return guardedDomains([...named(ownDomains, true), ...named(partners, false)])
  }
  return () => {
    const at = now().getTime()
    if (read && Math.abs(at - read.at) < freshMs) return read.domains
    const domains = readAgain()
    const mine = { at, domains }
    read = mine
    domains.catch(() => {
      if (read === mine) read = undefined
    })
    return domains
  }
}
