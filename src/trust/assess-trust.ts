import type { InboundFacts, RelationFacts } from '../message/facts.ts'
import type { AllowEntry, BlockEntry } from '../policy/policy.ts'
import { criteria } from './criteria.ts'
import { resolvedForTheBest, resolvedForTheWorst } from './resolve-unknowns.ts'

/** One observation about a message, what it weighs, and what it rests on. */
export interface Signal {
  readonly name: string
  readonly points: number
  /** For the log and the administrator; may name addresses, never content. */
  readonly evidence: string
}

/** The Level of Trust: 0 is an unknown sender, -100 and +100 the ends. The points of the signals sum to the score. */
export interface TrustAssessment {
  readonly score: number
  readonly signals: readonly Signal[]
  /** What the score could be if every temperror had come to an answer; equal to it where all is known. */
  readonly range: { readonly lowest: number; readonly highest: number }
}

/** What belongs to one recipient or to the transaction, beside the facts. */
export interface TrustQuestion {
  readonly message: { readonly sender: string; readonly clientAddress: string | undefined }
  /** Between the author and this recipient. */
  readonly relation: RelationFacts
  /** Entries that match: by the author's address or the client's. */
  readonly lists: { readonly block?: BlockEntry | undefined; readonly allow?: AllowEntry | undefined }
  /** The same sender, network and recipient were asked to come again, and came after the time that was named. */
  readonly cameBack: boolean
}

/**
 * Sums what the criteria find. Trust is bound to an authenticated identity: a bare author address earns nothing.
 * Pure, so that `explain` and the live gateway cannot differ.
 */
export function assessTrust(facts: InboundFacts, question: TrustQuestion): TrustAssessment {
  const { score, signals } = sum(facts, question)
  return {
    score,
    signals,
    range: {
      lowest: Math.min(score, sum(resolvedForTheWorst(facts), question).score),
      highest: Math.max(score, sum(resolvedForTheBest(facts), question).score),
    },
  }
}

function sum(facts: InboundFacts, question: TrustQuestion): Pick<TrustAssessment, 'score' | 'signals'> {
  const signals: Signal[] = []
  for (const { name, find } of criteria) {
    const found = find(facts, question, signals)
    if (found) signals.push({ name, points: Math.round(found.points), evidence: found.evidence })
  }
  const total = signals.reduce((points, signal) => points + signal.points, 0)
  const score = Math.max(-100, Math.min(100, total))
  // An addend of its own, so that whoever adds up the explanation comes to the score.
  if (score !== total) signals.push({ name: 'LIMIT', points: score - total, evidence: 'scale ends at 100' })
  return { score, signals }
}
