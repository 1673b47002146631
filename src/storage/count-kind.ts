import type { Weights } from '../trust/weights.ts'

const dayMs = 86_400_000
/** For what does not decay, but is read by the time when it was last seen. */
const never = 1e9 * dayMs

/**
 * What is counted. Our own mail: `pair`, `address`, `domain`. What became of mail to us, by identity: `accepted`,
 * `refused`. How mail of a domain came: `signed`, `spf`, `origin`, and answers that a network proved: `answered-from`.
 * `suspicious`: an author was asked to come again lately; `healing`: one of his refusals may be healed now. `sent`: mails of one of
 * us in an hour; `met`: new correspondents of one of us on a day.
 */
export type CountKind =
  | 'pair'
  | 'address'
  | 'domain'
  | 'accepted'
  | 'refused'
  | 'signed'
  | 'spf'
  | 'origin'
  | 'answered-from'
  | 'suspicious'
  | 'healing'
  | 'sent'
  | 'met'

/** After this time without another one a count is worth half. */
export function halfLifeMs(kind: CountKind, { relation, history }: Weights): number {
  switch (kind) {
    case 'pair':
    case 'address':
      return relation.pairHalfLife * dayMs
    case 'domain':
      return relation.domainHalfLife * dayMs
    case 'accepted':
      return history.acceptedHalfLife * dayMs
    case 'refused':
      return history.refusedHalfLife * dayMs
    default:
      return never
  }
}

/** Since when there must have been one, or the row means nothing any more; undefined where the count says that. */
export function validMs(kind: CountKind, { identity, authentication, trust }: Weights): number | undefined {
  switch (kind) {
    case 'signed':
    case 'spf':
    case 'origin':
      return authentication.seenFor * dayMs
    case 'answered-from':
      return identity.originValid * dayMs
    case 'healing':
      return trust.healWindow * dayMs
    case 'suspicious':
    case 'met':
      return dayMs
    case 'sent':
      return dayMs / 24
    default:
      return undefined
  }
}

/** What a count is worth at `now`. A mail that was counted while the clock ran ahead counts no more than once. */
export function decayed(
  { kind, weight, last_at }: { readonly kind: CountKind; readonly weight: number; readonly last_at: number },
  now: number,
  weights: Weights,
): number {
  return weight * 0.5 ** (Math.max(0, now - last_at) / halfLifeMs(kind, weights))
}
