import type { InboundFacts } from '../message/facts.ts'
import { criteria } from './criteria.ts'
import type { Context, Signal, TrustQuestion } from './criterion.ts'
import { earnedTrust } from './earned-trust.ts'
import { identityOf } from './identity.ts'
import { resolvedForNothing, resolvedForTheBest, resolvedForTheWorst } from './resolve-unknowns.ts'

/** The Level of Trust: 0 is an unknown sender, -100 and +100 the ends. The points of the signals sum to the score. */
export interface TrustAssessment {
  readonly score: number
  readonly signals: readonly Signal[]
  /** f: how far the author is proven; and T: what he earned by our own mail to him. */
  readonly identity: number
  readonly earned: number
  /** What the score could be if every temperror had come to an answer; equal to it where all is known. */
  readonly range: { readonly lowest: number; readonly highest: number }
  /** What it is if every temperror proves nothing: what counts where an answer is waited for no longer. */
  readonly withoutAnswers: number
}

/**
 * Sums what the criteria find. Trust is bound to an authenticated identity: a bare author address earns nothing.
 * Pure, so that `explain` and the live gateway cannot differ.
 */
export function assessTrust(facts: InboundFacts, question: TrustQuestion): TrustAssessment {
  const found = sum(facts, question)
  const scoreOf = (resolved: InboundFacts) =>
    resolved === facts ? found.score : sum(resolved, question).score
  const withoutAnswers = scoreOf(resolvedForNothing(facts))
  const scores = [
    found.score,
    withoutAnswers,
    scoreOf(resolvedForTheWorst(facts)),
    scoreOf(resolvedForTheBest(facts)),
  ]
  return { ...found, withoutAnswers, range: { lowest: Math.min(...scores), highest: Math.max(...scores) } }
}

function sum(
  facts: InboundFacts,
  question: TrustQuestion,
): Omit<TrustAssessment, 'range' | 'withoutAnswers'> {
  const { message, relation, weights } = question
  const identity = identityOf(facts, weights)
  const earned = earnedTrust(facts, message.sender, relation, identity, weights)
  const signals: Signal[] = []
  const context: Context = { ...question, identity, earned, before: signals }
  for (const { name, find } of criteria) {
    const found = find(facts, context)
    if (found) signals.push({ name, ...found, points: Math.round(found.points) })
  }
  const total = signals.reduce((points, signal) => points + signal.points, 0)
  const score = Math.max(-100, Math.min(100, total))
  // An addend of its own, so that whoever adds up the explanation comes to the score.
  if (score !== total)
    signals.push({ name: 'LIMIT', points: score - total, evidence: 'the scale ends at 100', words: '' })
  return { score, signals, identity: identity.factor, earned: earned.sum }
}
