import type { InboundFacts } from '../message/facts.ts'
import { matchSender } from './match-sender.ts'
import type { OwnDomainException, TrustedSealer } from './policy.ts'

/**
 * The entry that permits this client, by its address, or a verified signature of this message, by its domain, to write
 * in the name of our own domains.
 */
export function exceptionFor(
  { authentication, ownDomain }: Pick<InboundFacts, 'authentication' | 'ownDomain'>,
  clientAddress: string | undefined,
  entries: readonly OwnDomainException[],
  now: Date,
): OwnDomainException | undefined {
  if (!ownDomain || entries.length === 0) return undefined
  const signers = authentication.dkim.filter(
    ({ result, bodyLengthLimited, headerIncomplete }) =>
      result === 'pass' && !bodyLengthLimited && !headerIncomplete,
  )
  return (
    matchSender(entries, { ip: clientAddress }, now) ??
    signers.map(({ domain }) => matchSender(entries, { domain }, now)).find((entry) => entry)
  )
}

/** Whether everybody who sealed the message on its way is a forwarder whose word is believed; the last could have changed all. */
export function trustsSealers(
  { authentication }: Pick<InboundFacts, 'authentication'>,
  entries: readonly TrustedSealer[],
  now: Date,
): boolean {
  const sealers = authentication.forwarded?.sealers ?? []
  const listed = entries.map(({ domain, ...entry }) => ({ sender: domain, ...entry }))
  return sealers.length > 0 && sealers.every((domain) => matchSender(listed, { domain }, now) !== undefined)
}
