import { combineOutbound, type OutboundPlan, treatmentKey } from '../decision/combine-outbound.ts'
import { decideOutbound } from '../decision/decide-outbound.ts'
import type { OutboundOutcome } from '../decision/outcome.ts'
import { previousQueueId } from '../delivery/previous-queue-id.ts'
import { MailFailure, PermanentFailure, replyTo } from '../failure.ts'
import type { Ways } from '../keys/find-ways.ts'
import type { Signer } from '../keys/signer.ts'
import { authorOf } from '../message/address.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer, StageAnswer } from '../milter/filter.ts'
import { outboundPolicyFor } from '../policy/find-policy.ts'
import { comparableAddress } from '../policy/pattern.ts'
import type { PolicySet } from '../policy/policy.ts'
import { teaches } from '../trust/teaches.ts'
import type { Gateway } from './gateway.ts'
import { addressOf } from './judge-inbound.ts'
import { recordDecision } from './record-decision.ts'

interface Decided {
  readonly recipient: string
  readonly ways: Ways
  readonly outcome: OutboundOutcome
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
  const signer = await gateway.findSigner(proven(author, message.sender), message.receivedAt)
  const decided = await Promise.all(
    message.recipients.map((recipient) =>
      decideFor(recipient, signer !== undefined, rules, gateway, message.receivedAt),
    ),
  )
  const plan = combineOutbound(decided)
  const answer =
    plan.kind === 'refuse'
      ? plan
      : await protectAsPlanned(message, plan, signer, decided, gateway, workspace, signal)
  const queueId = previousQueueId(message.fields)
  for (const { recipient, outcome } of decided) {
    await remember(recipient, outcome, answer, message, queueId, gateway)
  }
  await recordDecision(gateway, message, rules, author, answer, {
    trust: undefined,
    outcomes: decided.map(({ recipient, outcome }) => ({ recipient, outcome: nameOf(outcome) })),
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
  plan: OutboundPlan & { readonly kind: 'deliver' },
  signer: Signer | undefined,
  decided: readonly Decided[],
  gateway: Gateway,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  let converted: ReceivedMessage | undefined
  try {
    if (plan.office !== 'pass')
      converted = await gateway.convertOutbound(message, plan.office, workspace, signal)
  } catch (error) {
    // An Office file that may not leave is an answer like others, and recorded like them.
    if (error instanceof MailFailure) return { kind: 'refuse', reply: replyTo(error) }
    throw error
  }
  const order = {
    protection: plan.protection,
    signer: plan.sign ? signer : undefined,
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
  // Whether the author can sign is the same for all recipients, and not known before the header.
  const [one, other] = await Promise.all(
    [first, recipient].map((each) => decideFor(each, true, rules, gateway, now)),
  )
  if (
    one &&
    other &&
    treatmentKey(one.outcome, one.recipient) === treatmentKey(other.outcome, other.recipient)
  ) {
    return 'continue'
  }
  const lines = ['This recipient is treated differently, send a copy of its own']
  return { kind: 'refuse', reply: { code: 452, enhancedStatus: '4.5.3', lines } }
}

async function decideFor(
  recipient: string,
  signer: boolean,
  rules: PolicySet,
  gateway: Gateway,
  at: Date,
): Promise<Decided> {
  const address = addressOf(recipient)
  if (address === undefined || isRouted(address, gateway.organization.domains)) throw malformedAddress()
  const ways = await gateway.findWays(address, at)
  const outcome = decideOutbound({
    recipient: address,
    policy: outboundPolicyFor(rules, address),
    usable: { smime: ways.certificates.length > 0, pdf: ways.password !== undefined },
    signer,
  })
  return { recipient: address, ways, outcome }
}

/** Every line here may run again for the same message: a deferred one comes back, a crash repeats the last one. */
async function remember(
  recipient: string,
  outcome: OutboundOutcome,
  answer: FinalAnswer,
  message: ReceivedMessage,
  queueId: string | undefined,
  gateway: Gateway,
): Promise<void> {
  if (outcome.kind === 'wait' && queueId !== undefined) {
    await gateway.waiting.add({ recipient, queueId, sender: message.sender, since: message.receivedAt })
  }
  // Refused mail leaves the queue as delivered mail does.
  const over = answer.kind === 'accept' || outcome.kind === 'reject'
  if (over && queueId !== undefined) await gateway.waiting.remove(recipient, queueId)
  if (answer.kind !== 'accept') return
  const domain = recipient.slice(recipient.lastIndexOf('@') + 1)
  if (gateway.organization.domains.includes(domain)) return
  if (teaches(message.sender, message.recipients.length, message.fields)) {
    const sent = { from: message.sender, to: recipient, at: message.receivedAt }
    await gateway.relations.learn(sent, `${message.digest} ${recipient}`)
  }
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
      return outcome.sign ? `${outcome.protection}, signed` : outcome.protection
    case 'wait':
      return `wait for ${outcome.for}`
    case 'defer':
    case 'reject':
      return `${outcome.kind}: ${outcome.reason}`
  }
}
