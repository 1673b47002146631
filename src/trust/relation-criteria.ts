import type { InboundFacts } from '../message/facts.ts'
import type { Context, Found } from './criterion.ts'
import { alignedSignature } from './identity.ts'

const day = (time: number) => new Date(time).toISOString().slice(0, 10)

/** An entry of the block list refuses by itself; the points say so to whoever adds up. */
export function blockList(_facts: InboundFacts, { lists }: Context): Found {
  return lists.block && { points: -100, evidence: `block list: ${lists.block.sender}`, words: 'gesperrt' }
}

/**
 * A name on the allow list counts as far as it is proven; an address of a server cannot be forged. What takes points away does
 * so without a proof: else a sender could escape by bringing none.
 */
export function allowList({ authentication }: InboundFacts, { lists, identity }: Context): Found {
  if (!lists.allow) return undefined
  const { sender, points, requires } = lists.allow
  const isServer = sender.includes(':') || /^\d+(\.\d+){3}(\/\d+)?$/.test(sender)
  const evidence = `allow list: ${sender}`
  if (points < 0) return { points, evidence, words: 'bei uns mit Vorbehalt eingetragen' }
  if (requires === 'dkim' && !alignedSignature(authentication)) return undefined
  const factor = isServer && requires === undefined ? 1 : identity.factor
  if (factor === 0) return undefined
  return { points: points * factor, evidence, words: 'bei uns eingetragen' }
}

/** Only our own mail makes a relation: R is the best of pair, address and domain, times the identity factor. */
export function relation({ authentication }: InboundFacts, { relation, earned, identity }: Context): Found {
  const { author } = authentication
  if (!author || !earned.way) return undefined
  const { firstAt } = relation
  const who = {
    pair: 'this recipient has written to the author',
    address: 'somebody here has written to the author',
    domain: `we write to ${author.domain}`,
  }[earned.way]
  const words = earned.way === 'domain' ? `Partner ${author.domain}` : 'Partner'
  // When we first wrote is known of the address only.
  const since = firstAt === undefined || earned.way === 'domain' ? undefined : day(firstAt)
  return {
    points: earned.relation,
    evidence: `${who}${since === undefined ? '' : ` since ${since}`} (${identity.proof})`,
    words: `${words}${since === undefined ? '' : ` seit ${since.slice(0, 7)}`}, ${identity.proof}`,
  }
}

/** Y: an answer to a mail of ours, by its Message-ID. */
export function reply({ reply }: InboundFacts, { earned, weights }: Context): Found {
  if (earned.reply <= 0 || reply.match === 'none') return undefined
  const who = {
    'exact-peer': 'whom we wrote to',
    colleague: 'a colleague of whom we wrote to',
    other: 'somebody else',
  }[reply.match]
  const when = reply.sentAt === undefined ? '' : ` of ${day(reply.sentAt)}`
  const wann = reply.sentAt === undefined ? '' : ` vom ${germanDay(reply.sentAt)}`
  const isFull = earned.relation + earned.reply >= weights.trust.most
  return {
    points: earned.reply,
    evidence: `answers our mail${when}, from ${who}${isFull ? `; with the relation ${weights.trust.most} at most` : ''}`,
    words: `Antwort auf Ihre Mail${wann}`,
  }
}

/** After a refusal somebody here wrote to the sender, or let him in. */
export function healed(_facts: InboundFacts, { earned }: Context): Found {
  return earned.healed > 0
    ? {
        points: earned.healed,
        evidence: 'refused before, then somebody here wrote to the author or released him',
        words: 'nach einer Ablehnung freigegeben',
      }
    : undefined
}

function germanDay(time: number): string {
  const [year, month, dayOfMonth] = day(time).split('-').map(Number)
  return `${dayOfMonth}.${month}.${year}`
}
