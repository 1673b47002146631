import type { InboundFacts } from '../message/facts.ts'

/**
 * Why a message was treated as it was: everything that `explain --id` needs. No content, no file names; a subject only of
 * a refused mail, for recipients who get a list of what was refused to them.
 */
export interface DecisionRecord {
  /** The message's id and the reference number in refusals. */
  readonly id: string
  readonly at: Date
  readonly direction: 'inbound' | 'outbound'
  readonly queueId: string | undefined
  readonly clientAddress: string | undefined
  readonly sender: string
  readonly author: string | undefined
  readonly recipients: readonly string[]
  /** 'accept', or the reply that was given, such as '550 5.7.1'. */
  readonly answer: string
  /** Score with every addend; undefined for outbound mail. The addends' points sum to the score. */
  readonly trust:
    | {
        readonly score: number
        readonly signals: readonly { name: string; points: number; evidence: string }[]
      }
    | undefined
  /** One line for each recipient: what was decided, such as 'smime', 'pdf', 'wait for password', 'deliver'. */
  readonly outcomes: readonly {
    readonly recipient: string
    readonly outcome: string
    /** Why, in a line each: flags and detectors by name, keys with why they were used or set aside. */
    readonly reasons?: readonly string[]
  }[]
  /** What the judgement rested on (`recordedFacts`), so that it can be repeated under other policies. Inbound only. */
  readonly judged?:
    | {
        readonly facts: InboundFacts
        readonly cameBack: boolean
        readonly dnsGivenUp: boolean
      }
    | undefined
  /** Decoded, at most 200 characters. */
  readonly subject?: string | undefined
  readonly policyGeneration: number
  readonly milliseconds: number
}

export interface Decisions {
  add(record: DecisionRecord): Promise<void>
  find(id: string): Promise<DecisionRecord | undefined>
  /** Newest first, at most `limit`. */
  latest(limit: number): Promise<DecisionRecord[]>
  /** Refused for good (5xx) at or after `from` and before `to`, oldest first, read in pieces. */
  refused(from: Date, to: Date): AsyncIterable<DecisionRecord>
  /** Deletes records older than `before`; returns how many. */
  forget(before: Date): Promise<number>
}
