import type { InboundFacts } from '../message/facts.ts'
import { hasRelation } from './earned-trust.ts'
import { alignedSignature, identityOf, provenIdentity } from './identity.ts'
import type { Weights } from './weights.ts'

/** What an accepted mail tells about how mail of its author's domain comes. */
export interface LessonsOfAcceptance {
  readonly seen: readonly ('signed' | 'spf' | 'origin')[]
  /** Proven answers of this origin that it stands for; 0 for none. */
  readonly provenAnswers: number
}

/**
 * How mail of a domain comes is remembered only of mail with a relation: else strangers could make it look suspicious
 * that a domain does not sign. An origin is learned of whom we wrote to, where his domain proves nothing, says nothing
 * against it, and no other origin of it is known: else a stolen Message-ID would be enough.
 */
export function lessonsOfAcceptance(
  facts: InboundFacts,
  sender: string,
  weights: Weights,
): LessonsOfAcceptance {
  const { authentication, relations } = facts
  const { author, spf, dmarc } = authentication
  if (!author || dmarc.result === 'fail') return { seen: [], provenAnswers: 0 }
  const provenAnswers = provenAnswersIn(facts, author.domain, sender, weights)
  const isRelated = relations.some((relation) => hasRelation(relation, author.domain, weights))
  if (!isRelated) return { seen: [], provenAnswers }
  const isOfOrigin = identityOf(facts, weights).factor > 0 && provenAnswers > 0
  return {
    seen: [
      ...(alignedSignature(authentication) ? (['signed'] as const) : []),
      ...(spf.result === 'pass' && spf.aligned && spf.reach !== 'open' ? (['spf'] as const) : []),
      // With the answers by which the origin is known, and not longer: else the domain would be missed where it was forgotten.
      ...(isOfOrigin ? (['origin'] as const) : []),
    ],
    provenAnswers,
  }
}

function provenAnswersIn(facts: InboundFacts, domain: string, sender: string, weights: Weights): number {
  const { authentication, history, reply } = facts
  const { spf, dmarc } = authentication
  const publishes = dmarc.policy !== undefined || history.seen.signed || spf.result === 'fail'
  if (publishes || provenIdentity(facts, weights).factor > 0) return 0
  // The next try of who was refused: somebody here said that it is he.
  if (history.healing) return weights.identity.originLearnedFrom
  const isFromDomain = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase() === domain
  const isKnownElsewhere = history.seen.origin && !history.learnedOrigin
  return reply.match === 'exact-peer' && isFromDomain && !isKnownElsewhere ? 1 : 0
}
