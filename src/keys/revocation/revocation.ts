import type { Certificate } from '../x509/certificate.ts'

/**
 * What counts: `required` - only what is known to be good; `if-known` - all but what is known to be revoked; `off` -
 * no host is asked, and only the lists at hand count.
 */
export const revocationModes = ['required', 'if-known', 'off'] as const
export type RevocationMode = (typeof revocationModes)[number]

export interface RevocationStatus {
  readonly kind: 'good' | 'revoked' | 'unknown'
  /** For the decision record, one line of English. */
  readonly detail: string
  readonly checkedBy: 'ocsp' | 'crl' | 'none'
  /** Whether by the mode in force nothing may rest on the certificate. */
  readonly isBlocking: boolean
  /** Its authority names a place where one could ask, but now nobody answered there: later it may be known. */
  readonly mayChange?: boolean
}

/**
 * Asks whether any certificate of `path` (leaf first, anchor last) was revoked. `at` is the present, also for old
 * mail: who revoked a key does not believe the times that its finder writes. What cannot be found out within seconds is
 * `unknown`; it fails only with our own storage (TemporaryFailure). A path of a leaf alone (pinned by an administrator) has nobody to ask.
 */
export type CheckRevocation = (
  path: readonly Certificate[],
  at: Date,
  signal: AbortSignal,
) => Promise<RevocationStatus>

/** What one source says of one certificate. */
export type Finding = Pick<RevocationStatus, 'kind' | 'detail'>

/** Clocks of authorities and ours may differ by this much. */
export const clockSkewMs = 5 * 60_000

/** CRLReason (RFC 5280 5.3.1) by its number. */
const reasons = [
  'unspecified',
  'key compromise',
  'authority compromise',
  'affiliation changed',
  'superseded',
  'cessation of operation',
  'on hold',
  'number 7',
  'removed from list',
  'privilege withdrawn',
  'attribute authority compromise',
] as const

export function revokedFinding(revokedAt: Date, reason: number | undefined): Finding {
  const why = reason === undefined ? '' : `, ${reasons[reason] ?? `number ${reason}`}`
  return { kind: 'revoked', detail: `revoked ${revokedAt.toISOString()}${why}` }
}

export function unknownFinding(detail: string): Finding {
  return { kind: 'unknown', detail }
}

/** Why a statement with these times does not count at `at`; undefined if it does (RFC 5280 5.1.2.4, RFC 6960 4.2.2.1). */
export function outOfTime(thisUpdate: Date, nextUpdate: Date | undefined, at: Date): string | undefined {
  if (thisUpdate.getTime() > at.getTime() + clockSkewMs)
    return `it is of the future, ${thisUpdate.toISOString()}`
  if (nextUpdate && nextUpdate.getTime() < at.getTime() - clockSkewMs)
    return `it is out of date since ${nextUpdate.toISOString()}`
  return undefined
}
