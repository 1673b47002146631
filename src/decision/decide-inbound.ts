import type { ForbiddenFile, InboundFacts } from '../message/facts.ts'
import type { BlockEntry, InboundPolicy, OwnDomainException } from '../policy/policy.ts'
import type { TrustAssessment } from '../trust/assess-trust.ts'
import { isForwarded, isUnsettled, provenIdentity } from '../trust/identity.ts'
import type { Weights } from '../trust/weights.ts'
import { officeTreatment } from './office-treatment.ts'
import type { InboundOutcome } from './outcome.ts'
import { type Organization, refusal } from './refusal.ts'
import type { RefusalCase } from './refusal-cases.ts'
import { whyRefused } from './why-refused.ts'

/** What the decision about one recipient of an inbound message rests on. */
export interface InboundQuestion {
  readonly facts: InboundFacts
  readonly trust: TrustAssessment
  readonly policy: InboundPolicy
  /** The entry of the block list that matches, if any. */
  readonly block: BlockEntry | undefined
  /** Permits the client, or a signature of the message, to write in the name of our own domain without its proof. */
  readonly exception: OwnDomainException | undefined
  /** Everybody who sealed the message on its way is one whose word is believed. */
  readonly trustsSealers: boolean
  readonly message: { readonly sender: string; readonly clientAddress: string | undefined }
  /** Names the decision record in the reply. */
  readonly reference: string
  readonly organization: Organization
  /** The sender was asked to come again and did: then the answer is final. */
  readonly cameBack: boolean
  /** The DNS owed answers for this message often enough: what is known must do. */
  readonly dnsGivenUp: boolean
  readonly weights: Weights
}

/**
 * Accept, come again, or refuse, for one recipient. Hard refusals first, then the score; whatever could not be found
 * out and could change the answer is a 4xx. No I/O, so it can be tested by table and replayed by `explain`.
 */
export function decideInbound(question: InboundQuestion): InboundOutcome {
  return hardRefusal(question) ?? byTrust(question)
}

/** What no relation outweighs. */
function hardRefusal(question: InboundQuestion): InboundOutcome | undefined {
  const { facts, policy, block, message, exception, weights, trust } = question
  const { authentication, scan } = facts
  const hard = (why: RefusalCase, reason: string, detail = '') =>
    rejected(question, why, reason, { hard: true, detail })
  if (scan.kind === 'infected') return hard('malware', `infected: ${scan.name}`, scan.name)
  if (block) return hard('blocked', `block list: ${block.sender}`)
  // RFC 5322 3.6: exactly one From. With several, one is shown and another one authenticated.
  if (!authentication.author) return hard('author', 'no single author')
  const forbidden = facts.forbidden.find(({ type }) => policy.forbiddenTypes.includes(type))
  if (forbidden) return hard('forbiddenFile', `forbidden file: ${forbidden.type}`, kindOf(forbidden))
  const isAllowed = trust.signals.some(({ name, points }) => name === 'ALLOW_LIST' && points > 0)
  if (message.sender === '' && facts.reply.ours === false && !isAllowed)
    return hard('backscatter', 'null sender, and reports on no mail of ours')
  // Our own mail comes back to us by lists; whom we believe says that it was ours when it came to him.
  const isProven =
    isForwarded(authentication, question.trustsSealers) || provenIdentity(facts, weights).factor > 0
  if (facts.ownDomain && !exception && !isProven) {
    // Not even when the DNS owes answers for long: who writes in our own name can wait for them.
    return isUnsettled(authentication)
      ? unsettled(question)
      : hard('ownDomain', 'own domain, not authenticated')
  }
  return undefined
}

/** What the sender is told: the ending that he knows, and what it was found to be. */
function kindOf({ fileName, type }: ForbiddenFile): string {
  const ending = /\.[a-z0-9]{1,10}$/i.exec(fileName)?.[0]
  return ending === undefined ? type : `${ending} (${type})`
}

function byTrust(question: InboundQuestion): InboundOutcome {
  const { facts, trust, policy, weights } = question
  const band = bandOf(trust.score, policy)
  const [lowest, highest] = [bandOf(trust.range.lowest, policy), bandOf(trust.range.highest, policy)]
  if (lowest !== highest) {
    // RS-13: no 5xx for want of answers, however long they are owed.
    const isGood =
      question.dnsGivenUp && band === 'accept' && bandOf(trust.withoutAnswers, policy) === 'accept'
    if (!isGood) return unsettled(question)
  }
  if (band === 'refuse') return refusedByTrust(question)
  if (facts.scan.kind === 'unknown') return deferred(question, 'scanner', facts.scan.reason)
  if (facts.content.kind === 'unknown' && policy.scorerDown === 'defer')
    return deferred(question, 'scorer', facts.content.reason)
  if (band === 'accept')
    return refusedForClosed(question) ?? refusedForOffice(question) ?? { kind: 'deliver' }
  return question.cameBack
    ? refusedByTrust(question)
    : deferred(question, 'comeAgain', `trust ${trust.score}`, `${weights.retry.after}`)
}

function bandOf(score: number, policy: InboundPolicy): 'refuse' | 'between' | 'accept' {
  if (score < policy.refuseBelow) return 'refuse'
  return score < policy.acceptFrom ? 'between' : 'accept'
}

/**
 * Something encrypted that nobody here can look into. `damaged` never refuses: it names a key of ours, and whoever sends
 * changed copies of another's ciphertext would learn from the answer which of them decrypt (Vaudenay 2002). What refuses
 * shows without any key: so nothing does that was found inside of what a key of ours opened.
 */
function refusedForClosed(question: InboundQuestion): InboundOutcome | undefined {
  if (question.policy.undecryptable === 'pass') return undefined
  const closed = question.facts.protection.layers.find(
    ({ kind }) => kind === 'closed' || kind === 'encrypted',
  )
  if (closed?.kind !== 'closed' || closed.reason === 'damaged') return undefined
  return rejected(question, 'closed', `closed: ${closed.format} ${closed.reason}`)
}

/** A file that this recipient's policy refuses; a colleague's policy can still take the mail, which then holds it. */
function refusedForOffice(question: InboundQuestion): InboundOutcome | undefined {
  const { facts, trust, policy } = question
  const refused = facts.office.find((file) => officeTreatment(policy, file, trust.score) === 'refuse')
  if (!refused) return undefined
  const detail = `${refused.office}${refused.macros ? ' mit Makros / with macros' : ''}`
  return rejected(question, 'office', `office: ${refused.office}`, { detail })
}

/** Whether a missing proof, a list or a missing relation brought it down decides what helps the sender. */
function refusedByTrust(question: InboundQuestion): InboundOutcome {
  const { facts, trust, message, weights } = question
  const { why, detail, heals } = whyRefused(facts, trust, message.clientAddress, weights)
  return rejected(question, why, `trust ${trust.score}`, { detail, heals })
}

/** The checks that have no answer could change the verdict (RFC 7208 8.6, RFC 9989 5.4: ask the sender to retry). */
function unsettled(question: InboundQuestion): InboundOutcome {
  const { spf, dkim, dmarc } = question.facts.authentication
  const onlySpf = [dmarc, ...dkim].every(({ result }) => result !== 'temperror')
  const reason = `temperror: spf ${spf.result}, dmarc ${dmarc.result}`
  return deferred(question, onlySpf ? 'spfUnknown' : 'dnsUnknown', reason)
}

function deferred(question: InboundQuestion, why: RefusalCase, reason: string, detail = ''): InboundOutcome {
  const reply = refusal(why, { ...wordsOf(question), detail })
  return { kind: 'defer', comeAgain: why === 'comeAgain', why, reason, reply }
}

function rejected(
  question: InboundQuestion,
  why: RefusalCase,
  reason: string,
  { hard = false, detail = '', heals = false } = {},
): InboundOutcome {
  const reply = refusal(why, { ...wordsOf(question), detail, heals })
  return { kind: 'reject', hard, why, heals, reason, reply }
}

function wordsOf({ organization, policy, reference }: InboundQuestion) {
  return {
    organization: { name: organization.name, telephone: policy.telephone ?? organization.telephone },
    reference,
    languages: policy.languages,
  }
}
