import type { Intake } from '../../storage/intakes.ts'
import { hasTrust } from '../keys-in-force.ts'
import { type OfferParts, offerKey } from '../offer-key.ts'

export type Activation =
  /** Mail to these addresses is encrypted with it from now on. */
  | { readonly kind: 'active'; readonly addresses: readonly string[] }
  /** A person has to decide; `reason` is English. */
  | { readonly kind: 'review' | 'refused'; readonly reason: string }

/**
 * Puts a key that was sent in into use. `by` tells on whose word: that of the round trip, that of an earlier key in use, whose
 * owner may renew it himself, or that of a person of the house, who need not hear objections.
 */
export async function activateIntake(
  intake: Intake,
  by: 'proof' | 'earlier-key' | 'person',
  parts: OfferParts,
): Promise<Activation> {
  const { kind, material, chain, author, addresses } = intake
  const served = by === 'person' && !addresses.includes(author) ? addresses : [author]
  const offered = await offerKey(
    {
      ...{ kind, material, chain, addresses: served, source: 'intake' },
      trust: by === 'person' ? 'manual' : 'verified',
    },
    parts,
  )
  if (offered.kind === 'refused') return { kind: 'refused', reason: offered.reason }
  const stored = await parts.keyStore.byFingerprint(intake.fingerprint)
  if (!stored) return { kind: 'review', reason: 'it is not in the store any more' }
  const isForced = by === 'person' || (by === 'earlier-key' && (await mayRenew(intake, parts)))
  if (stored.state !== 'active') {
    // Somebody here has put it away, and the mail may be an old one that was sent again.
    const isPutAway = stored.state === 'retired' && by !== 'person'
    if (!isForced || isPutAway) return { kind: 'review', reason: `it is ${stored.state}: ${offered.reason}` }
    await parts.keyStore.change(stored.fingerprint, stored.state, 'active')
  }
  // One trust stands for all addresses of a key: another one of them may have come with less.
  if (kind === 'openpgp' && !hasTrust(stored.trust, 'verified'))
    return {
      kind: 'review',
      reason: `the store has it with less trust, ${stored.trust}, for other addresses`,
    }
  return served.every((address) => stored.addresses.includes(address))
    ? { kind: 'active', addresses: served }
    : { kind: 'review', reason: 'another key of the address stands against it' }
}

/** Whether a key in use of the author himself may be followed by another one on its word alone. */
async function mayRenew({ author, vouchedBy }: Intake, { keyStore }: OfferParts): Promise<boolean> {
  const inUse = (await keyStore.find(author)).filter(({ state }) => state === 'active')
  const earlier = inUse.find(({ fingerprint }) => fingerprint === vouchedBy)
  return (
    earlier !== undefined &&
    hasTrust(earlier.trust, 'verified') &&
    earlier.addresses.includes(author) &&
    !inUse.some(({ pinned }) => pinned)
  )
}
