import type { InboundFacts, RelationFacts } from '../message/facts.ts'
import type { AllowEntry, BlockEntry, OwnDomainException } from '../policy/policy.ts'
import type { EarnedTrust } from './earned-trust.ts'
import type { Identity } from './identity.ts'
import type { Weights } from './weights.ts'

/** One observation about a message, what it weighs, and what it rests on. */
export interface Signal {
  readonly name: string
  readonly points: number
  /** For the log and the administrator; may name addresses, never content. */
  readonly evidence: string
  /** The same for the reader of the mail: a few German words. */
  readonly words: string
}

/** What belongs to one recipient, to the transaction or to the policies, beside the facts. */
export interface TrustQuestion {
  readonly message: { readonly sender: string; readonly clientAddress: string | undefined }
  /** Between the author and this recipient. */
  readonly relation: RelationFacts
  /** Entries that match: by the author's address or the client's. */
  readonly lists: { readonly block?: BlockEntry | undefined; readonly allow?: AllowEntry | undefined }
  /** Who may write in the name of our own domain without its proof, if this client or signature is such. */
  readonly exception: OwnDomainException | undefined
  /** Every server that sealed the message on its way is one whose word is believed. */
  readonly trustsSealers: boolean
  /** The sender was asked to come again, and came after the time that was named, now or lately; `spared`: he need not. */
  readonly cameBack: boolean | 'spared'
  readonly weights: Weights
}

/** The question, and what was found on the way to the answer. */
export interface Context extends TrustQuestion {
  readonly identity: Identity
  readonly earned: EarnedTrust
  /** What earlier lines found. */
  readonly before: readonly Signal[]
}

/** What a criterion found: points may be broken, the table rounds them. */
export type Found = Omit<Signal, 'name'> | undefined

/** One line of the table: what is looked for, and what it weighs when it is there. */
export interface Criterion {
  readonly name: string
  readonly find: (facts: InboundFacts, context: Context) => Found
}
