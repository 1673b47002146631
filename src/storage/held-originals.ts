import type { OfficeKind } from '../message/facts.ts'

/**
 * An original that waits for its second scan and its release. States: `prepared` (sealed and fsynced, the mail not
 * yet known to be accepted), `held`, `locked` (infected at the second scan, for good), `released`.
 */
export interface HeldOriginal {
  /** 26 characters; the notice in the mail names it. The same recipients and digest give the same id. */
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
  readonly releaseAt: Date
  readonly state: 'held' | 'locked' | 'released'
  readonly note: string
}

/** Originals waiting for their second scan and release. SQLite and PostgreSQL both pass `heldOriginalsContract`. */
export interface HeldOriginals {
  /** Idempotent by id: adding again what is there changes nothing. */
  add(original: HeldOriginal): Promise<void>
  find(id: string): Promise<HeldOriginal | undefined>
  list(): Promise<readonly HeldOriginal[]>
  /** The oldest held original that is due and nobody works on, now claimed by `worker` until `leaseUntil`. */
  claimDue(worker: string, now: Date, leaseUntil: Date): Promise<HeldOriginal | undefined>
  /** Ends the claim. A worker that lost its claim changes nothing and gets false. */
  settle(id: string, worker: string, state: HeldOriginal['state'], note: string): Promise<boolean>
  /** Gives the claim back; the original becomes due again at `releaseAt`. */
  postpone(id: string, worker: string, releaseAt: Date, note: string): Promise<boolean>
}
