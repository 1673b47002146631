import type { RelationFacts } from '../message/facts.ts'

/** One of our own addresses wrote to somebody outside. Learned only from outbound mail that was taken for delivery. */
export interface SentMail {
  readonly from: string
  readonly to: string
  readonly at: Date
}

/** With whom we correspond. Addresses are stored as keyed hashes only; counts decay by half-life when read. */
export interface Relations {
  /** Idempotent: the same `effect` (digest of the mail and recipient) counts once. */
  learn(sent: SentMail, effect: string): Promise<void>
  /** What is known of `author`, seen from our own `recipient`. First and last time: anybody here to that address. */
  find(author: string, recipient: string, now: Date): Promise<RelationFacts>
}
