import type { HistoryFacts, RelationFacts, ReplyFacts } from '../message/facts.ts'
import type { Weights } from '../trust/weights.ts'

/** One of our own addresses wrote to somebody outside, and Postfix took the mail for delivery. */
export interface SentMail {
  readonly from: string
  readonly to: string
  readonly at: Date
  /** With its angle brackets; undefined if the mail has none. */
  readonly messageId: string | undefined
  /** To how many the mail goes, as far as its envelope and its header show. */
  readonly recipients: number
  /** Whether somebody here wants to hear from its recipients (`trust/teaches.ts`); what does not is only ours. */
  readonly teaches: boolean
}

/** What became of a mail that we sent. */
export interface LearnedOfSent {
  /** The author's number of new correspondents for today is used up now; told once a day. */
  readonly limitReached: boolean
}

/** Who sends an inbound message, and what it answers. Domains as the authentication gives them. */
export interface RecallQuestion {
  readonly author: { readonly address: string; readonly domain: string } | undefined
  readonly recipients: readonly string[]
  readonly client: { readonly address: string | undefined; readonly hostName: string | undefined }
  /** The domain of MAIL FROM where SPF passes for it. */
  readonly envelopeDomain: string | undefined
  /** Message-IDs with their brackets, a bounded number: what the message answers, or reports on. */
  readonly answers: readonly string[]
  /** Nobody asks whether a mail of the null sender is ours but for itself. */
  readonly isNullSender: boolean
  /** How far the author is proven, together with what is remembered (`identityFactor`). */
  readonly factorWith: (known: Pick<HistoryFacts, 'seen' | 'learnedOrigin' | 'healing'>) => number
  readonly now: Date
  readonly weights: Weights
}

/** Everything that is remembered for one message, and its sender as the memory knows it. */
export interface Recalled {
  /** One for each recipient, in their order. */
  readonly relations: readonly RelationFacts[]
  readonly history: HistoryFacts
  readonly reply: ReplyFacts
  readonly sender: RecalledSender
}

/** Keyed hashes of a sender, for what is learned of him when his message was judged. */
export interface RecalledSender {
  readonly author: string | undefined
  readonly ident: string
  readonly accepted: string
  readonly refused: string
  readonly network: string | undefined
  readonly suspicious: string | undefined
  readonly seen: { readonly signed: string; readonly spf: string; readonly origin: string } | undefined
  /** The network, and the domain of a verified host, each together with the author's domain. */
  readonly origins: readonly string[]
  /** The mail of ours that was answered. */
  readonly answered: { readonly token: string; readonly peer: string } | undefined
}

/** What an accepted message teaches beside that it was accepted (`trust/lessons.ts`). */
export interface AcceptedLessons {
  readonly seen: readonly ('signed' | 'spf' | 'origin')[]
  /** Proven answers that came from this origin; 0 for none. */
  readonly provenAnswers: number
}

export interface RefusedLessons {
  /** It counts against the identity. */
  readonly counts: boolean
  /** Our own mail to the author can heal it. */
  readonly healable: boolean
  /** Our mail to the author teaches nothing within a day: it may be the answer of a machine. */
  readonly suspicious: boolean
}

/** How many rows of what kind an address has, and what is told of them. Times in milliseconds since 1970. */
export interface Acquaintance {
  readonly relation: RelationFacts
  /** Our own addresses that have written to it: how many, and their names where they are kept in clear text. */
  readonly writers: number
  readonly writerNames: readonly string[]
  readonly history: Pick<HistoryFacts, 'accepted' | 'refused' | 'seen'>
  /** Mails of ours that it can answer. */
  readonly tokens: number
  readonly refusals: readonly RefusalNote[]
}

/** A refusal that can be healed. */
export interface RefusalNote {
  readonly reference: string
  readonly at: Date
  /** Until when a next try passes; undefined as long as nobody opened the window. */
  readonly openUntil: Date | undefined
}

/**
 * With whom we correspond, and what became of mail of theirs. Addresses are stored as keyed hashes; names stand beside
 * them only sealed: of domains, and of addresses where a setting says so. Counts decay when they are read. What is
 * learned is learned once per `effect`: the digest of the message, and its recipient.
 */
export interface TrustMemory {
  /** Asks for everything at once: one round trip, two while a heal window is open for the author. */
  recall(question: RecallQuestion): Promise<Recalled>
  /** `clearText`: the names of new rows are kept, sealed. */
  learnSent(sent: SentMail, effect: string, weights: Weights, clearText?: boolean): Promise<LearnedOfSent>
  learnAccepted(
    sender: RecalledSender,
    lessons: AcceptedLessons,
    effect: string,
    at: Date,
    weights: Weights,
  ): Promise<void>
  /** `reference` names the refusal for who heals it. */
  learnRefused(
    sender: RecalledSender,
    lessons: RefusedLessons,
    reference: string,
    effect: string,
    at: Date,
    weights: Weights,
  ): Promise<void>
  /** Opens the heal window of a refusal that is kept; undefined if there is none. Until when it is open. */
  heal(reference: string, now: Date, weights: Weights): Promise<Date | undefined>
  /** When somebody here wrote to an address last. */
  lastSentTo(address: string): Promise<Date | undefined>
  about(address: string, now: Date, weights: Weights): Promise<Acquaintance>
  /** The domains that we write to most, most first, without freemail. */
  domains(limit: number, now: Date, weights: Weights): Promise<readonly string[]>
  /** Correspondents whose names are kept in clear text, latest first. */
  named(limit: number): Promise<readonly { readonly address: string; readonly lastAt: Date }[]>
  /** Forgets an address: relations, history, reply tokens, refusals. How many rows that were. */
  forget(address: string): Promise<number>
  /**
   * Deletes what counts for nothing any more or had no contact since `noContactSince`, and names that stand there since
   * before `namesSince`; in small steps between which others have their turn. How many rows that were.
   */
  prune(now: Date, weights: Weights, noContactSince: Date, namesSince: Date): Promise<number>
}
