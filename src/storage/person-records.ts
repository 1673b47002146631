import type { DecisionRecord } from './decisions.ts'
import type { HeldOriginal } from './held-originals.ts'
import type { Acquaintance } from './trust-memory.ts'

/** Everything that is stored about one address (Articles 15 and 20 GDPR). */
export interface PersonRecord {
  readonly memory: Acquaintance
  /** Newest first, at most `mostDecisions`. */
  readonly decisions: readonly DecisionRecord[]
  readonly held: readonly HeldOriginal[]
  readonly elsewhere: readonly Elsewhere[]
}

/** What is there for a purpose of its own, and how that ends. */
export interface Elsewhere {
  readonly what:
    | 'pdf-password'
    | 'waiting-mail'
    | 'key'
    | 'key-request'
    | 'intake'
    | 'list-entry'
    | 'held-file'
  readonly detail: string
}

export interface Erased {
  /** Rows of the trust memory that were deleted. */
  readonly remembered: number
  /** Decision records that do not name the address any more. */
  readonly decisions: number
  /** Records of originals that nobody keeps any more, deleted. */
  readonly held: number
  /** What stays, because it serves the person or is in our custody. */
  readonly elsewhere: readonly Elsewhere[]
}

export interface PersonRecords {
  find(address: string): Promise<Omit<PersonRecord, 'memory'>>
  /** Erases what only remembers (Article 17 GDPR), and without a trace of whose it was. */
  erase(address: string): Promise<Omit<Erased, 'remembered'>>
}

/** Enough to read; a whole mailbox of years is not what somebody asks for. */
export const mostDecisions = 2000
