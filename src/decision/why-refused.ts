import type { InboundFacts } from '../message/facts.ts'
import type { TrustAssessment } from '../trust/assess-trust.ts'
import { hasRelation } from '../trust/earned-trust.ts'
import type { Weights } from '../trust/weights.ts'
import type { RefusalCase } from './refusal-cases.ts'

/** What a sender is told when his trust did not suffice. */
export interface WhyRefused {
  readonly why: RefusalCase
  readonly detail: string
  /** Our own mail to the sender would let him in. */
  readonly heals: boolean
}

const caseOf: Readonly<Record<string, RefusalCase>> = {
  DMARC: 'dmarc',
  DOWNGRADE: 'downgrade',
  SPF: 'spf',
  STRONG_LIST: 'listed',
  WEAK_LIST: 'listed',
  SERVER_NAME: 'server',
}

/** The heaviest observation against him decides what helps him. */
export function whyRefused(
  facts: InboundFacts,
  trust: TrustAssessment,
  clientAddress: string | undefined,
  weights: Weights,
): WhyRefused {
  const against = trust.signals.filter(({ name, points }) => points < 0 && name !== 'LIMIT')
  const heaviest = against.toSorted((a, b) => a.points - b.points)[0]
  const why = caseOf[heaviest?.name ?? ''] ?? 'trust'
  return {
    why,
    detail: detailOf(why, facts, clientAddress),
    heals: why === 'trust' && isHealable(facts, trust, weights),
  }
}

function detailOf(why: RefusalCase, facts: InboundFacts, clientAddress: string | undefined): string {
  const { author, spf } = facts.authentication
  switch (why) {
    case 'dmarc':
    case 'downgrade':
      return author?.domain ?? ''
    case 'spf':
      return `${clientAddress} - ${spf.domain}`
    case 'server':
      return `${clientAddress}`
    case 'listed': {
      const [hit] = facts.lists.hits
        .filter(({ weight }) => weight === 'strong' || weight === 'weak')
        .toSorted((a, b) => Number(b.weight === 'strong') - Number(a.weight === 'strong'))
      const who =
        hit?.subject === 'ip' ? clientAddress : hit?.subject === 'author' ? author?.domain : spf.domain
      return hit ? `${who}, ${hit.url ?? hit.list}` : ''
    }
    default:
      return ''
  }
}

/**
 * Whether a refusal is one that our own mail can heal: for content and want of trust, never for lists or failed
 * authentication. A mail that proves nothing in the name of a partner neither: else our next mail to the true one would
 * open the door to the forger.
 */
function isHealable(facts: InboundFacts, { signals, identity }: TrustAssessment, weights: Weights): boolean {
  const points = (...names: readonly string[]) =>
    signals.filter(({ name }) => names.includes(name)).reduce((sum, signal) => sum + signal.points, 0)
  const { author } = facts.authentication
  if (!author) return false
  const isForgery =
    identity === 0 && facts.relations.some((relation) => hasRelation(relation, author.domain, weights))
  return (
    !isForgery &&
    points('AUTHENTICATED', 'NO_AUTHENTICATION', 'SPF', 'DMARC', 'DOWNGRADE') > weights.retry.notBelow &&
    points('STRONG_LIST', 'WEAK_LIST', 'PHISHING') === 0
  )
}
