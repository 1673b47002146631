import type { InboundFacts, RelationFacts } from '../message/facts.ts'
import { freemailDomains } from './freemail-domains.ts'
import type { Identity } from './identity.ts'
import type { Weights } from './weights.ts'

/** What an author earned by our own mail to him; whole points, so that they add up. */
export interface EarnedTrust {
  /** R: we have written to him. */
  readonly relation: number
  /** What the relation rests on. */
  readonly way: 'pair' | 'address' | 'domain' | undefined
  /** Y: he answers a mail of ours; less where both together reach the end of the scale. */
  readonly reply: number
  /** What a heal window adds. */
  readonly healed: number
  /** T: all of it. */
  readonly sum: number
}

/** T = min(most, R + Y), raised by an open heal window. Only our own mail makes it, and only who is proven has it. */
export function earnedTrust(
  facts: Pick<InboundFacts, 'authentication' | 'history' | 'reply'>,
  sender: string,
  relation: RelationFacts,
  identity: Identity,
  weights: Weights,
): EarnedTrust {
  const { author } = facts.authentication
  if (!author) return nothingEarned
  const { factor } = identity
  const way = bestWay(relation, author.domain, weights)
  const related = Math.round(way.points * factor)
  const reply = Math.min(
    Math.round(replyPoints(facts, sender, factor, weights)),
    Math.max(0, weights.trust.most - related),
  )
  const earned = related + reply
  const healed = facts.history.healing && factor > 0 ? Math.max(0, weights.trust.healed - earned) : 0
  return { relation: related, way: related === 0 ? undefined : way.way, reply, healed, sum: earned + healed }
}

const nothingEarned: EarnedTrust = { relation: 0, way: undefined, reply: 0, healed: 0, sum: 0 }

/** R is the best of pair, address and domain: the same mail made all three. */
function bestWay(counts: RelationFacts, domain: string, { relation }: Weights) {
  const earned = (count: number, first: number, perDoubling: number, most: number) =>
    count > relation.forgottenBelow ? Math.min(most, Math.max(0, first + perDoubling * Math.log2(count))) : 0
  const { pairFirst, pairPerDoubling, pairMost, addressFirst, addressPerDoubling, addressMost } = relation
  const { domainFirst, domainPerDoubling, domainMost } = relation
  const ofDomain = freemailDomains.has(domain) ? 0 : counts.domain
  const ways = [
    { way: 'pair', points: earned(counts.pair, pairFirst, pairPerDoubling, pairMost) },
    { way: 'address', points: earned(counts.address, addressFirst, addressPerDoubling, addressMost) },
    { way: 'domain', points: earned(ofDomain, domainFirst, domainPerDoubling, domainMost) },
  ] as const
  return ways.reduce((a, b) => (b.points > a.points ? b : a))
}

function replyPoints(
  { authentication, history, reply }: Pick<InboundFacts, 'authentication' | 'history' | 'reply'>,
  sender: string,
  factor: number,
  { reply: weights }: Weights,
): number {
  switch (reply.match) {
    case 'none':
      return 0
    case 'other':
      return weights.other * factor
    case 'colleague':
      return weights.colleague * factor
    case 'exact-peer':
      break
  }
  if (factor > 0) return weights.peer * factor
  // Whoever got hold of a Message-ID of ours could use it: so only for domains that prove nothing, ever.
  const { seen } = history
  const provesNothing =
    authentication.dmarc.result === 'none' &&
    authentication.dmarc.policy === undefined &&
    authentication.spf.result === 'none' &&
    authentication.authorPublishesSpf !== true &&
    authentication.dkim.length === 0 &&
    !seen.signed &&
    !seen.spf &&
    !seen.origin
  const domainOfSender = sender.slice(sender.lastIndexOf('@') + 1).toLowerCase()
  return provesNothing && domainOfSender === authentication.author?.domain ? weights.unauthenticatedPeer : 0
}

/** Whether we write to this author or, unless everybody can have an address there, to his domain. */
export function hasRelation(counts: RelationFacts, domain: string, { relation }: Weights): boolean {
  const ofDomain = freemailDomains.has(domain) ? 0 : counts.domain
  return Math.max(counts.pair, counts.address, ofDomain) > relation.forgottenBelow
}
