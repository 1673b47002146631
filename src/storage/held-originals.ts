import type { OfficeKind } from '../message/facts.ts'
import type { Act } from './audit.ts'

/** What an original was scanned with. `signaturesBuiltAt` is undefined where the scanner does not tell it. */
export interface ScanRecord {
  readonly at: Date
  readonly signatures: string
  readonly signaturesBuiltAt: Date | undefined
}

/** Somebody wants the hold to end early. Not `granted` while a second person has to agree (four eyes). */
export interface EarlyRelease extends Act {
  readonly granted: boolean
}

/**
 * An original that waits for its second scan and its release. States: `held` (from before the mail is accepted),
 * `locked` (infected at the second scan, for good), `released`, `deleted` (by somebody; the record stays for a while).
 */
export interface HeldOriginal {
  /** 26 characters; the notice in the mail names it. The same recipients, digest and place give the same id. */
  readonly id: string
  readonly recipients: readonly string[]
  readonly sender: string
  readonly author: string | undefined
  readonly messageId: string
  /** SHA-256 of the message as it came, in hex. */
  readonly digest: string
  /** SHA-256 of the original, in hex; undefined for what was held before schema version 2. */
  readonly sha256: string | undefined
  readonly fileName: string
  readonly office: OfficeKind
  readonly bytes: number
  /** Id of the sealed blob. */
  readonly blob: string
  readonly firstScan: ScanRecord
  /** `found`: what it was infected with. */
  readonly secondScan: (ScanRecord & { readonly found: string | undefined }) | undefined
  readonly heldAt: Date
  /** The hold ends when the wall clock has reached this, and observed running time `releaseObserved`. */
  readonly releaseAt: Date
  /** In the milliseconds of ObservedTime. */
  readonly releaseObserved: number
  readonly earlyRelease: EarlyRelease | undefined
  readonly state: 'held' | 'locked' | 'released' | 'deleted'
  /** When it was released, locked or deleted. */
  readonly settledAt: Date | undefined
  /** A released original can be fetched until then; undefined when its blob is not kept. */
  readonly keptUntil: Date | undefined
  readonly note: string
}

/** Whether the blob must be there. What nobody needs any more is swept. */
export function isContentKept({ state, keptUntil }: HeldOriginal): boolean {
  return state === 'held' || state === 'locked' || (state === 'released' && keptUntil !== undefined)
}

/** The right to settle one original. `epoch` counts its claims: a worker that slept past its lease holds an old one. */
export interface HeldClaim {
  readonly original: HeldOriginal
  readonly worker: string
  readonly epoch: number
}

/**
 * Originals waiting for their second scan and release. What people and the gateway do with them is added to the Audit
 * in the same transaction. SQLite and PostgreSQL both pass `heldOriginalsContract`.
 */
export interface HeldOriginals {
  /** Idempotent by id: adding again what is there changes nothing and gives false. */
  add(original: HeldOriginal): Promise<boolean>
  find(id: string): Promise<HeldOriginal | undefined>
  list(): Promise<readonly HeldOriginal[]>
  /** Of the held originals that nobody works on the one that is due first; undefined if there is none. */
  nextDue(): Promise<HeldOriginal | undefined>
  /** The oldest held original that is due and nobody works on, now claimed by `worker` until `leaseUntil`. */
  claimDue(worker: string, now: Date, observed: number, leaseUntil: Date): Promise<HeldClaim | undefined>
  /** Prolongs the claim and keeps the result of the second scan. False if the claim was lost. */
  scanned(
    claim: HeldClaim,
    secondScan: NonNullable<HeldOriginal['secondScan']>,
    leaseUntil: Date,
  ): Promise<boolean>
  /** Ends the claim. A worker that lost its claim changes nothing and gets false. */
  settle(
    claim: HeldClaim,
    end: {
      readonly state: 'locked' | 'released'
      readonly note: string
      readonly at: Date
      readonly keptUntil: Date | undefined
      /** The same in observed time: a clock that jumps ends no keeping. */
      readonly keptObserved: number | undefined
    },
  ): Promise<boolean>
  /** Gives the claim back; the original becomes due again at `releaseAt`. */
  postpone(claim: HeldClaim, releaseAt: Date, note: string): Promise<boolean>
  /** The first of two people who want it released early. False unless it is held and nobody asked before. */
  askEarlyRelease(id: string, act: Act): Promise<boolean>
  /**
   * Ends the waiting early, not the second scan: due at once. With `asked`, only if this is still what somebody asked
   * for. False unless it is held.
   */
  hasten(id: string, act: Act, asked?: EarlyRelease): Promise<boolean>
  /** Holds longer, by both clocks; what was asked or granted before ends. False unless it is held, due earlier and left alone. */
  extend(id: string, until: Date, untilObserved: number, act: Act): Promise<boolean>
  /** Marks a released or locked original as deleted; whoever asked removes the blob then. False in any other state. */
  delete(id: string, act: Act): Promise<boolean>
  /** Ends the keeping of released originals whose time is over by both clocks; gives their blobs, to be removed. */
  expire(now: Date, observed: number): Promise<readonly string[]>
  /** Forgets originals that were released or deleted before `before` and are not kept; returns how many. */
  forget(before: Date): Promise<number>
}
