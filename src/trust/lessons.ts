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
  const { authentication, history, reply, relations } = facts
  const { author, spf, dmarc } = authentication
  if (!author || dmarc.result === 'fail') return { seen: [], provenAnswers: 0 }
  const proven = provenIdentity(facts, weights).factor
  const known = identityOf(facts, weights).factor
  const isRelated = relations.some((relation) => hasRelation(relation, author.domain, weights))
  const seen = isRelated
    ? [
        ...(alignedSignature(authentication) ? (['signed'] as const) : []),
        ...(spf.result === 'pass' && spf.aligned && spf.reach !== 'open' ? (['spf'] as const) : []),
        ...(proven === 0 && known > 0 ? (['origin'] as const) : []),
      ]
    : []
  const publishes = dmarc.policy !== undefined || history.seen.signed || spf.result === 'fail'
  if (proven > 0 || publishes) return { seen, provenAnswers: 0 }
  // The next try of who was refused: somebody here said that it is he.
  if (history.healing) return { seen, provenAnswers: weights.identity.originLearnedFrom }
  const isFromDomain = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase() === author.domain
  const isKnownElsewhere = history.seen.origin && !history.learnedOrigin
  const answers = reply.match === 'exact-peer' && isFromDomain && !isKnownElsewhere
  return { seen, provenAnswers: answers ? 1 : 0 }
}
