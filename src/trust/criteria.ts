import type { InboundFacts, RelationFacts } from '../message/facts.ts'
import type { Signal, TrustQuestion } from './assess-trust.ts'
import { freemailDomains } from './freemail-domains.ts'
import { hasAlignedSignature, identityFactor, isUnsettled } from './identity.ts'

/** One line of the table: what is looked for, and what it weighs when it is there. */
export interface Criterion {
  readonly name: string
  /** `before` holds what earlier lines found. */
  readonly find: (
    facts: InboundFacts,
    question: TrustQuestion,
    before: readonly Signal[],
  ) => { readonly points: number; readonly evidence: string } | undefined
}

/** Below this decayed count a relation is forgotten: a single mail after a bit more than two half-lives. */
const forgottenBelow = 0.2

/** In the order in which they are explained. */
export const criteria: readonly Criterion[] = [
  { name: 'BLOCK_LIST', find: blockList },
  { name: 'ALLOW_LIST', find: allowList },
  { name: 'RELATION', find: relation },
  { name: 'AUTHENTICATED', find: authenticated },
  { name: 'NO_AUTHENTICATION', find: noAuthentication },
  { name: 'SPF', find: spf },
  { name: 'DMARC', find: dmarc },
  { name: 'DOWNGRADE', find: downgrade },
  { name: 'CAME_BACK', find: cameBack },
]

function blockList(_facts: InboundFacts, { lists }: TrustQuestion) {
  return lists.block && { points: -100, evidence: `block list: ${lists.block.sender}` }
}

/** A name on the allow list counts as far as it is proven; an address of a server cannot be forged. */
function allowList(facts: InboundFacts, { lists }: TrustQuestion) {
  if (!lists.allow) return undefined
  const { sender, points } = lists.allow
  const isServer = sender.includes(':') || /^\d+(\.\d+){3}(\/\d+)?$/.test(sender)
  const factor = isServer ? 1 : identityFactor(facts)
  return factor > 0 ? { points: points * factor, evidence: `allow list: ${sender}` } : undefined
}

/** Only our own mail makes a relation: R is the best of pair, address and domain, times the identity factor. */
function relation(facts: InboundFacts, { relation }: TrustQuestion) {
  const factor = identityFactor(facts)
  const author = facts.authentication.author
  if (factor === 0 || !author) return undefined
  const earned = (count: number, first: number, perDoubling: number, most: number) =>
    count > forgottenBelow ? Math.min(most, first + perDoubling * Math.log2(count)) : 0
  const ways = [
    { points: earned(relation.pair, 30, 5, 45), evidence: 'this recipient has written to the author' },
    { points: earned(relation.address, 25, 4, 38), evidence: 'somebody here has written to the author' },
    {
      points: freemailDomains.has(author.domain) ? 0 : earned(relation.domain, 12, 3, 24),
      evidence: `we write to ${author.domain}`,
    },
  ]
  const best = ways.reduce((a, b) => (b.points > a.points ? b : a))
  if (best.points === 0) return undefined
  const since =
    relation.firstAt === undefined ? '' : ` since ${new Date(relation.firstAt).toISOString().slice(0, 10)}`
  return { points: best.points * factor, evidence: `${best.evidence}${since}` }
}

function authenticated({ authentication }: InboundFacts) {
  if (authentication.dmarc.result === 'fail') return undefined
  if (authentication.dmarc.result === 'pass') return { points: 5, evidence: 'DMARC pass' }
  return hasAlignedSignature(authentication) ? { points: 5, evidence: 'aligned DKIM pass' } : undefined
}

/** Rare among large senders, still normal among small firms: a malus, no refusal. */
function noAuthentication({ authentication }: InboundFacts) {
  const { spf, dkim } = authentication
  const says = (result: string) => result !== 'none' && result !== 'neutral' && result !== 'permerror'
  const isSigned = dkim.some(({ result, bodyLengthLimited }) => result === 'pass' && !bodyLengthLimited)
  if (says(spf.result) || isSigned || isUnsettled(authentication)) return undefined
  return { points: -6, evidence: 'neither SPF nor DKIM' }
}

function spf({ authentication }: InboundFacts, { message }: TrustQuestion) {
  const { spf, dkim } = authentication
  // Forwarding breaks SPF; a signature of the author's domain that holds is the better proof, one not known yet may be.
  const mayBeSigned =
    hasAlignedSignature(authentication) ||
    dkim.some(({ result, aligned }) => aligned && result === 'temperror')
  if (mayBeSigned) return undefined
  if (spf.result !== 'fail' && spf.result !== 'softfail') return undefined
  const identity = message.sender === '' ? 'HELO' : 'sender'
  const evidence = `SPF ${spf.result}: ${message.clientAddress} may not send for ${identity} ${spf.domain}`
  return { points: spf.result === 'fail' ? -15 : -6, evidence }
}

/** RFC 9989 7.4: a published policy alone is no reason to refuse, so it weighs instead of deciding. */
function dmarc({ authentication }: InboundFacts) {
  const { result, policy = 'none' } = authentication.dmarc
  if (result !== 'fail') return undefined
  return { points: { none: -15, quarantine: -35, reject: -60 }[policy], evidence: `DMARC fail, p=${policy}` }
}

/**
 * The author is somebody we write to, its domain has its mail authenticated, and this one is not: the mark of a forged
 * partner. Only a relation arms it, so that strangers cannot make a domain suspicious.
 */
function downgrade(facts: InboundFacts, { relation }: TrustQuestion) {
  const { authentication } = facts
  const author = authentication.author
  if (!author || !isPartner(relation, author.domain)) return undefined
  if (identityFactor(facts) > 0 || isUnsettled(authentication)) return undefined
  const ownDomain = (domain: string | undefined) => domain === author.domain
  const signs = authentication.dkim.some(({ aligned, domain }) => aligned || ownDomain(domain))
  if (authentication.dmarc.policy !== undefined || signs) {
    return {
      points: -45,
      evidence: `${author.domain} publishes DMARC or signs, this mail is not authenticated`,
    }
  }
  const { spf } = authentication
  const saysWho = spf.result === 'fail' || spf.result === 'softfail'
  if (authentication.authorPublishesSpf || ((ownDomain(spf.domain) || spf.aligned) && saysWho)) {
    return {
      points: -35,
      evidence: `${author.domain} publishes SPF, this mail does not come from its servers`,
    }
  }
  return undefined
}

function isPartner(relation: RelationFacts, domain: string): boolean {
  const ofDomain = freemailDomains.has(domain) ? 0 : relation.domain
  return Math.max(relation.pair, relation.address, ofDomain) > forgottenBelow
}

/** A real mail server tries again; what failed authentication gains nothing by it. */
function cameBack(_facts: InboundFacts, question: TrustQuestion, before: readonly Signal[]) {
  const authentication = before
    .filter(({ name }) => ['AUTHENTICATED', 'NO_AUTHENTICATION', 'SPF', 'DMARC', 'DOWNGRADE'].includes(name))
    .reduce((sum, { points }) => sum + points, 0)
  if (!question.cameBack || authentication <= -15) return undefined
  return { points: 12, evidence: 'came back after the time that was asked for' }
}
