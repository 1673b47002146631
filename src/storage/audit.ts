/** What can happen to an original in our custody, to the lists that commands change, and to what is remembered of people. */
export type AuditedAct =
  | 'held'
  | 'extended'
  | 'early-release-asked'
  | 'early-release'
  | 'released'
  | 'locked'
  | 'fetched'
  | 'deleted'
  | 'expired'
  | `${'block' | 'allow'}-${'added' | 'removed'}`
  | 'refusal-healed'
  | 'address-forgotten'
  | 'address-erased'

/** Who did something when and why. `who` is a name as it was stated, or `gateway` for what happens by itself. */
export interface Act {
  readonly at: Date
  readonly who: string
  readonly reason: string
}

/** One line of the record of who did what. */
export interface AuditEntry extends Act {
  /** 1, 2, 3 ... without a gap. */
  readonly number: number
  readonly what: AuditedAct
  /** Id of the held original, the sender that a list names, or a reference; that somebody was forgotten names nobody. */
  readonly subject: string
  /** HMAC-SHA-256 in hex over this entry and the one before it, keyed from the master key. */
  readonly mac: string
}

/** What a walk along the whole chain found; `brokenAt` is the first entry that is missing or not as it was written. */
export interface AuditVerdict {
  readonly entries: number
  readonly brokenAt: number | undefined
}

/**
 * The record of who did what with held originals. Only added to, each entry in the same transaction as what it tells.
 * Whoever has the database but not the master key can change, remove or insert nothing unnoticed; cutting off the end
 * together with its count shows only against the numbers that the log has of it every hour.
 */
export interface Audit {
  append(what: AuditedAct, subject: string, act: Act): Promise<void>
  /** All entries about one original, oldest first. */
  of(subject: string): Promise<readonly AuditEntry[]>
  /** The latest entries, newest first. */
  latest(limit: number): Promise<readonly AuditEntry[]>
  verify(): Promise<AuditVerdict>
}
