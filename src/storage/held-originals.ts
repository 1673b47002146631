import type { OfficeKind } from '../message/facts.ts'

/**
 * An original that waits for its second scan and its release. States: `held` (from before the mail is accepted),
 * `locked` (infected at the second scan, for good), `released`.
 */
export interface HeldOriginal {
  /** 26 characters; the notice in the mail names it. The same recipients, digest and place give the same id. */
  readonly id: string
  readonly recipients: readonly string[]
  readonly sender: string
  readonly author: string | undefined
  readonly messageId: string
  readonly digest: string
  readonly fileName: string
  readonly office: OfficeKind
  readonly bytes: number
  /** Id of the sealed blob. */
  readonly blob: string
  readonly firstScan: { readonly at: Date; readonly signatures: string }
  readonly heldAt: Date
  /** The hold ends when the wall clock has reached this, and observed running time `releaseObserved`. */
  readonly releaseAt: Date
  /** In the milliseconds of ObservedTime. */
  readonly releaseObserved: number
  readonly state: 'held' | 'locked' | 'released'
  readonly note: string
}

/** The right to settle one original. `epoch` counts its claims: a worker that slept past its lease holds an old one. */
export interface HeldClaim {
  readonly original: HeldOriginal
  readonly worker: string
  readonly epoch: number
}

/** Originals waiting for their second scan and release. SQLite and PostgreSQL both pass `heldOriginalsContract`. */
export interface HeldOriginals {
  /** Idempotent by id: adding again what is there changes nothing and gives false. */
  add(original: HeldOriginal): Promise<boolean>
  find(id: string): Promise<HeldOriginal | undefined>
  list(): Promise<readonly HeldOriginal[]>
  /** Of the held originals that nobody works on the one that is due first; undefined if there is none. */
  nextDue(): Promise<HeldOriginal | undefined>
  /** The oldest held original that is due and nobody works on, now claimed by `worker` until `leaseUntil`. */
  claimDue(worker: string, now: Date, observed: number, leaseUntil: Date): Promise<HeldClaim | undefined>
  /** Prolongs the claim. False if it was lost. */
  renew(claim: HeldClaim, leaseUntil: Date): Promise<boolean>
  /** Ends the claim. A worker that lost its claim changes nothing and gets false. */
  settle(claim: HeldClaim, state: 'locked' | 'released', note: string, at: Date): Promise<boolean>
  /** Gives the claim back; the original becomes due again at `releaseAt`. */
  postpone(claim: HeldClaim, releaseAt: Date, note: string): Promise<boolean>
  /** Ends the waiting early, not the second scan: due at once; `note` is added. False unless it is held. */
  hasten(id: string, now: Date, note: string): Promise<boolean>
  /** Deletes originals that were released before `before`; returns how many. */
  forget(before: Date): Promise<number>
}
