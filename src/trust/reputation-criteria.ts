import type { InboundFacts, ListFacts } from '../message/facts.ts'
import type { Context, Found } from './criterion.ts'

type Hit = ListFacts['hits'][number]

/** H+: earlier mail of the same identity was accepted and nobody complained. */
export function accepted({ history }: InboundFacts, { weights }: Context): Found {
  const { acceptedPerDoubling, acceptedMost, acceptedMostUnnamed } = weights.history
  const isNamed = history.kind === 'address' || history.kind === 'domain'
  const points = Math.min(
    isNamed ? acceptedMost : acceptedMostUnnamed,
    acceptedPerDoubling * Math.log2(1 + Math.max(0, history.accepted)),
  )
  if (Math.round(points) === 0) return undefined
  const evidence = `accepted before: ${rounded(history.accepted)} by ${history.kind}`
  return { points, evidence, words: 'frühere Mails angenommen' }
}

/** H-: earlier mail of the same identity was refused for its content or by lists. */
export function refused({ history }: InboundFacts, { weights }: Context): Found {
  const points = Math.max(weights.history.refusedMost, weights.history.refused * Math.max(0, history.refused))
  if (Math.round(points) === 0) return undefined
  const evidence = `refused before: ${rounded(history.refused)} by ${history.kind}`
  return { points, evidence, words: 'frühere Mails abgelehnt' }
}

/** D: strong lists name the server, a domain, or both. Partners get wrongly listed, too. */
export function strongLists({ lists }: InboundFacts, context: Context): Found {
  const { strongServer, strongDomain, strongBoth } = context.weights.lists
  const hits = lists.hits.filter(({ weight }) => weight === 'strong')
  if (hits.length === 0) return undefined
  const server = hits.some(({ subject }) => subject === 'ip')
  const domain = hits.some(({ subject }) => subject !== 'ip')
  const points = server && domain ? strongBoth : server ? strongServer : strongDomain
  return { points: points * listFactor(context), evidence: named(hits), words: 'steht auf einer Sperrliste' }
}

/** D: weak lists, each a little. */
export function weakLists({ lists }: InboundFacts, context: Context): Found {
  const { weak, weakMost } = context.weights.lists
  const hits = lists.hits.filter(({ weight }) => weight === 'weak')
  if (hits.length === 0) return undefined
  const points = Math.max(weakMost, weak * new Set(hits.map(({ list }) => list)).size)
  return { points: points * listFactor(context), evidence: named(hits), words: 'steht auf einer Sperrliste' }
}

/** D: lists of good servers. */
export function welcomeLists({ lists }: InboundFacts, { weights }: Context): Found {
  const hits = lists.hits.filter(({ weight }) => weight === 'welcome' || weight === 'warmly-welcome')
  if (hits.length === 0) return undefined
  const isWarm = hits.some(({ weight }) => weight === 'warmly-welcome')
  const points = isWarm ? weights.lists.warmlyWelcome : weights.lists.welcome
  return { points, evidence: named(hits), words: 'Server mit gutem Ruf' }
}

/** C: what a scorer says of the content: almost only a malus, and damped for a partner. */
export function content({ content }: InboundFacts, { earned, weights }: Context): Found {
  if (content.kind === 'none') return undefined
  if (content.kind === 'unknown')
    return { points: 0, evidence: `content not scored: ${content.reason}`, words: '' }
  const { suspiciousFrom, perScore, most, harmlessBelow, harmless, partnerFactor } = weights.content
  const evidence = `${content.scorer}: ${rounded(content.score)}`
  if (content.score < harmlessBelow) return { points: harmless, evidence, words: 'Inhalt unauffällig' }
  if (content.score <= suspiciousFrom) return undefined
  const points = Math.max(most, perScore * (content.score - suspiciousFrom))
  const isPartner = earned.sum >= weights.trust.partnerFrom
  return { points: points * (isPartner ? partnerFactor : 1), evidence, words: 'Inhalt auffällig' }
}

/** A known address of phishing is a threat in whosever mail it stands. */
export function phishing({ content }: InboundFacts, { weights }: Context): Found {
  if (content.kind !== 'scored' || !content.phishing) return undefined
  return {
    points: weights.content.phishing,
    evidence: `${content.scorer}: an address known for phishing`,
    words: 'Vorsicht: enthält eine als Betrug bekannte Adresse',
  }
}

function listFactor({ earned, identity, weights }: Context): number {
  const { partnerFrom, partnerIdentity } = weights.trust
  return earned.sum >= partnerFrom && identity.factor >= partnerIdentity ? weights.lists.partnerFactor : 1
}

function named(hits: readonly Hit[]): string {
  return hits.map(({ list, subject, value }) => `${list} (${subject}: ${value})`).join(', ')
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
