import { combineOutbound, treatmentKey } from '../decision/combine-outbound.ts'
import { type AuthorProtection, decideOutbound, type OutboundQuestion } from '../decision/decide-outbound.ts'
import type { OutboundOutcome, Treatment } from '../decision/outcome.ts'
import { type SubjectFlags, subjectFlags } from '../decision/subject-flags.ts'
import { previousQueueId } from '../delivery/previous-queue-id.ts'
import type { AuthorKeys } from '../delivery/protect.ts'
import { MailFailure, PermanentFailure, replyTo } from '../failure.ts'
import type { Ways } from '../keys/find-ways.ts'
import { authorOf } from '../message/address.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer, StageAnswer } from '../milter/filter.ts'
import { outboundPolicyFor } from '../policy/find-policy.ts'
import { comparableAddress } from '../policy/pattern.ts'
import type { OutboundPolicy, PolicySet } from '../policy/policy.ts'
import { type FoundAuthorProtection, isForOwnerOf } from '../protection/author-protection.ts'
import type { Gateway } from './gateway.ts'
import { addressOf } from './judge-inbound.ts'
import { learnFromOutbound } from './learn.ts'
import { recordDecision } from './record-decision.ts'

interface Decided {
  readonly recipient: string
  readonly ways: Ways
  readonly outcome: OutboundOutcome
}

/** What is the same for all recipients of a message. */
interface Asked {
  readonly flags: SubjectFlags
  readonly author: FoundAuthorProtection
  readonly isCalendar: boolean
  readonly signers: OutboundQuestion['signers']
  readonly detect: (policy: OutboundPolicy) => Promise<readonly string[]>
}

/** A message of ours: protected as each recipient's policy says, waiting, or back to its author. */
export async function answerOutbound(
  message: ReceivedMessage,
  rules: PolicySet,
  gateway: Gateway,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const found = authorOf(message.fields)
  const author = found.kind === 'author' ? found.address : undefined
  const signers = await gateway.findSigners(proven(author, message.sender), message.receivedAt)
  const asked: Asked = {
    flags: subjectFlags(message.fields),
    ...(await gateway.inspectOutbound(message, workspace)),
    signers: {
      smime: signers.smime !== undefined,
      openpgp: signers.openpgp !== undefined,
      awaitsRevocation: signers.awaitsRevocation === true,
    },
    detect: (policy) => gateway.detectContent(message, policy),
  }
  const decided = await Promise.all(
    message.recipients.map((recipient) =>
      decideFor(recipient, asked, rules, gateway, message.receivedAt, signal),
    ),
  )
  const plan = combineOutbound(decided)
  const answer =
    plan.kind === 'refuse'
      ? plan
      : await protectAsPlanned(message, plan.treatment, signers, decided, gateway, workspace, signal)
  const queueId = previousQueueId(message.fields)
  for (const { recipient, outcome } of decided) {
    await remember(recipient, outcome, answer, message, queueId, rules, gateway)
  }
  await recordDecision(gateway, message, rules, author, answer, {
    trust: undefined,
    outcomes: decided.map(({ recipient, outcome, ways }) => ({
      recipient,
      outcome: nameOf(outcome),
      reasons: [...outcome.because, ...ways.reasons],
    })),
  })
  return answer
}

/**
 * Postfix binds a login to the envelope sender, not to the From field: a signature in the name of an author who did
 * not send the message would prove to its reader what nobody knows.
 */
function proven(author: string | undefined, sender: string): string | undefined {
  const from = addressOf(sender)
  return author !== undefined && from !== undefined && comparableAddress(author) === comparableAddress(from)
    ? author
    : undefined
}

async function protectAsPlanned(
  message: ReceivedMessage,
  treatment: Treatment,
  signers: AuthorKeys,
  decided: readonly Decided[],
  gateway: Gateway,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  let converted: ReceivedMessage | undefined
  try {
    if (treatment.office !== 'pass')
      converted = await gateway.convertOutbound(message, treatment.office, workspace, signal)
  } catch (error) {
    // An Office file that may not leave is an answer like others, and recorded like them.
    if (error instanceof MailFailure) return { kind: 'refuse', reply: replyTo(error) }
    throw error
  }
  const order = {
    treatment,
    signers,
    ways: decided.map(({ ways }) => ways),
    ...(converted ? { converted } : {}),
  }
  return gateway.protect(message, order, workspace, signal)
}

/**
 * At RCPT, where Postfix hands several recipients over at once: the second whose treatment differs comes again in a
 * transaction of its own (RFC 5321 4.5.3.1.10), because a milter has one body for all.
 */
export async function acceptOutboundRecipient(
  gateway: Gateway,
  before: readonly string[],
  recipient: string,
): Promise<StageAnswer> {
  // Said to the one it is about: at the end of the message it would be said to all.
  const address = addressOf(recipient)
  if (address === undefined || isRouted(address, gateway.organization.domains))
    return { kind: 'refuse', reply: replyTo(malformedAddress()) }
  const first = before[0]
  if (first === undefined) return 'continue'
  const [rules, now] = [gateway.rules(), gateway.now()]
  const [one, other] = await Promise.all(
    [first, recipient].map((each) => decideFor(each, beforeHeader, rules, gateway, now)),
  )
  const [onePolicy, otherPolicy] = [first, recipient].map((each) =>
    JSON.stringify(outboundPolicyFor(rules, addressOf(each) ?? '')),
  )
  if (
    one &&
    other &&
    // What the message will turn out to be must not part them later.
    onePolicy === otherPolicy &&
    treatmentKey(one.outcome, one.recipient) === treatmentKey(other.outcome, other.recipient)
  ) {
    return 'continue'
  }
  const lines = ['This recipient is treated differently, send a copy of its own']
  return { kind: 'refuse', reply: { code: 452, enhancedStatus: '4.5.3', lines } }
}

/** What is not known at RCPT, and the same for all recipients with the same policy. */
const beforeHeader: Asked = {
  flags: { flags: new Set(), unknown: [] },
  author: { kind: 'none' },
  isCalendar: false,
  signers: { smime: true, openpgp: true, awaitsRevocation: false },
  detect: async () => ['unread'],
}

async function decideFor(
  recipient: string,
  { flags, author, isCalendar, signers, detect }: Asked,
  rules: PolicySet,
  gateway: Gateway,
  at: Date,
  signal?: AbortSignal,
): Promise<Decided> {
  const address = addressOf(recipient)
  if (address === undefined || isRouted(address, gateway.organization.domains)) throw malformedAddress()
  const policy = outboundPolicyFor(rules, address)
  const [ways, detected] = await Promise.all([
    gateway.findWays(address, at, policy, signal),
    policy.protect === 'detected' ? detect(policy) : [],
  ])
  const outcome = decideOutbound({
    recipient: address,
    isOwn: isOwn(address, gateway),
    policy,
    usable: {
      smime: ways.certificates.length > 0,
      openpgp: ways.openpgp.length > 0,
      pdf: ways.password !== undefined,
    },
    ...(ways.mayAppear ? { mayAppear: true } : {}),
    ...(ways.awaitsRevocation ? { awaitsRevocation: true } : {}),
    signers,
    asked: flags,
    content: { author: forRecipient(author, ways), isCalendar, detected },
  })
  return { recipient: address, ways, outcome }
}

/** What was encrypted to somebody else protects no mail to this recipient. */
function forRecipient(author: FoundAuthorProtection, { certificates }: Ways): AuthorProtection {
  if (author.kind !== 'encrypted') return author
  const own = certificates.map(({ certificate }) => certificate)
  return isForOwnerOf(own, author.identifiers) ? author : { kind: 'none' }
}

function isOwn(address: string, { organization }: Gateway): boolean {
  return organization.domains.includes(address.slice(address.lastIndexOf('@') + 1))
}

/** Every line here may run again for the same message: a deferred one comes back, a crash repeats the last one. */
async function remember(
  recipient: string,
  outcome: OutboundOutcome,
  answer: FinalAnswer,
  message: ReceivedMessage,
  queueId: string | undefined,
  rules: PolicySet,
  gateway: Gateway,
): Promise<void> {
  if (outcome.kind === 'wait' && queueId !== undefined) {
    await gateway.waiting.add({ recipient, queueId, sender: message.sender, since: message.receivedAt })
  }
  // Refused mail leaves the queue as delivered mail does.
  const over = answer.kind === 'accept' || outcome.kind === 'reject'
  const learns = answer.kind === 'accept' && !isOwn(recipient, gateway)
  // Together, so that they share a commit.
  await Promise.all([
    over && queueId !== undefined ? gateway.waiting.remove(recipient, queueId) : undefined,
    learns ? learnFromOutbound(message, recipient, rules, gateway) : undefined,
  ])
}

/**
 * `client%partner.example@our.example` and `partner.example!client@our.example`: with allow_percent_hack and
 * swap_bangpath, which are Postfix's defaults, they become addresses at the partner behind us, and the mail would leave
 * by the policy of our own domain. So at all domains that Postfix may take for its own.
 */
function isRouted(address: string, ownDomains: readonly string[]): boolean {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  const mayBeOurs =
    domain.startsWith('[') ||
    !domain.includes('.') ||
    ownDomains.some((own) => domain === own || domain.endsWith(`.${own}`))
  return mayBeOurs && /[%!]/.test(address.slice(0, at))
}

const malformedAddress = () => new PermanentFailure('1.3', 'The address of a recipient is malformed')

function nameOf(outcome: OutboundOutcome): string {
  switch (outcome.kind) {
    case 'deliver':
      return [
        outcome.treatment.protection,
        ...(outcome.treatment.sign ? ['signed'] : []),
        ...(outcome.treatment.byAuthor ? ['by its author'] : []),
      ].join(', ')
    case 'wait':
      return `wait for ${outcome.for}`
    case 'reject':
      return `${outcome.kind}: ${outcome.reason}`
  }
}
