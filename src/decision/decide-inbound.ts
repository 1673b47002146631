import type { InboundFacts } from '../message/facts.ts'
import type { BlockEntry, InboundPolicy } from '../policy/policy.ts'
import type { TrustAssessment } from '../trust/assess-trust.ts'
import { identityFactor, isUnsettled } from '../trust/identity.ts'
import { officeTreatment } from './office-treatment.ts'
import type { InboundOutcome } from './outcome.ts'
import { type Organization, type RefusalCase, refusal } from './refusal.ts'

/** What the decision about one recipient of an inbound message rests on. */
export interface InboundQuestion {
  readonly facts: InboundFacts
  readonly trust: TrustAssessment
  readonly policy: InboundPolicy
  /** The entry of the block list that matches, if any. */
  readonly block: BlockEntry | undefined
  /** Names the decision record in the reply. */
  readonly reference: string
  readonly organization: Organization
  /** The sender was asked to come again and did: then the answer is final. */
  readonly cameBack: boolean
}

/**
 * Accept, come again, or refuse, for one recipient. Hard refusals first, then the score; whatever could not be found
 * out and could change the answer is a 4xx. No I/O, so it can be tested by table and replayed by `explain`.
 */
export function decideInbound(question: InboundQuestion): InboundOutcome {
  const { facts, trust, policy, block } = question
  const { authentication, scan } = facts
  if (scan.kind === 'infected') return rejected(question, 'malware', `infected: ${scan.name}`, true)
  if (block) return rejected(question, 'blocked', `block list: ${block.sender}`, true)
  // RFC 5322 3.6: exactly one From. With several, one is shown and another one authenticated.
  if (!authentication.author) return rejected(question, 'author', 'no single author', true)
  if (facts.ownDomain && identityFactor(facts) === 0) {
    if (isUnsettled(authentication)) return unsettled(question)
    return rejected(question, 'ownDomain', 'own domain, not authenticated', true)
  }
  const band = bandOf(trust.score, policy)
  if (bandOf(trust.range.lowest, policy) !== bandOf(trust.range.highest, policy)) return unsettled(question)
  if (band === 'refuse') return refusedByTrust(question)
  if (scan.kind === 'unknown') return deferred(question, 'scanner', scan.reason)
  if (band === 'accept')
    return refusedForClosed(question) ?? refusedForOffice(question) ?? { kind: 'deliver' }
  return question.cameBack
    ? refusedByTrust(question)
    : deferred(question, 'comeAgain', `trust ${trust.score}`)
}

function bandOf(score: number, policy: InboundPolicy): 'refuse' | 'between' | 'accept' {
  if (score < policy.refuseBelow) return 'refuse'
  return score < policy.acceptFrom ? 'between' : 'accept'
}

/**
 * Something encrypted that nobody here can look into. `damaged` never refuses: it names a key of ours, and whoever sends
 * changed copies of another's ciphertext would learn from the answer which of them decrypt (Vaudenay 2002). What refuses
 * shows without any key.
 */
function refusedForClosed(question: InboundQuestion): InboundOutcome | undefined {
  if (question.policy.undecryptable === 'pass') return undefined
  const closed = question.facts.protection.layers.find(
    (layer) => layer.kind === 'closed' && layer.reason !== 'damaged',
  )
  if (closed?.kind !== 'closed') return undefined
  const { format, reason } = closed
  const reply = refusal('closed', wordsOf(question))
  return { kind: 'reject', hard: false, reason: `closed: ${format} ${reason}`, reply }
}

/** A file that this recipient's policy refuses; a colleague's policy can still take the mail, which then holds it. */
function refusedForOffice(question: InboundQuestion): InboundOutcome | undefined {
  const { facts, trust, policy } = question
  const refused = facts.office.find((file) => officeTreatment(policy, file, trust.score) === 'refuse')
  if (!refused) return undefined
  const type = `${refused.office}${refused.macros ? ' mit Makros / with macros' : ''}`
  const reply = refusal('office', { ...wordsOf(question), detail: type })
  return { kind: 'reject', hard: false, reason: `office: ${refused.office}`, reply }
}

/** Whether a missing proof or a missing relation brought it down decides what helps the sender. */
function refusedByTrust(question: InboundQuestion): InboundOutcome {
  const { trust } = question
  const forged = trust.signals.some(({ name }) => ['DMARC', 'DOWNGRADE', 'SPF'].includes(name))
  return rejected(question, forged ? 'authentication' : 'trust', `trust ${trust.score}`, false)
}

/** The checks that have no answer could change the verdict (RFC 7208 8.6, RFC 9989 5.4: ask the sender to retry). */
function unsettled(question: InboundQuestion): InboundOutcome {
  const { spf, dkim, dmarc } = question.facts.authentication
  const onlySpf = [dmarc, ...dkim].every(({ result }) => result !== 'temperror')
  const reason = `temperror: spf ${spf.result}, dmarc ${dmarc.result}`
  return deferred(question, onlySpf ? 'spfUnknown' : 'dnsUnknown', reason)
}

function deferred(question: InboundQuestion, kind: RefusalCase, reason: string): InboundOutcome {
  return { kind: 'defer', comeAgain: kind === 'comeAgain', reason, reply: refusal(kind, wordsOf(question)) }
}

function rejected(
  question: InboundQuestion,
  kind: RefusalCase,
  reason: string,
  hard: boolean,
): InboundOutcome {
  return { kind: 'reject', hard, reason, reply: refusal(kind, wordsOf(question)) }
}

function wordsOf({ organization, policy, reference, facts }: InboundQuestion) {
  return {
    organization: { name: organization.name, telephone: policy.telephone ?? organization.telephone },
    reference,
    detail: facts.scan.kind === 'infected' ? facts.scan.name : '',
  }
}
