import type { InboundOutcome } from '../decision/outcome.ts'
import type { GatheredFacts } from '../inspection/gather-facts.ts'
import { authorOf } from '../message/address.ts'
import { parseAddressList } from '../message/address-list.ts'
import type { InboundFacts } from '../message/facts.ts'
import { fieldsNamed } from '../message/header.ts'
import { outgoingMessageId } from '../message/outgoing-message-id.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { comparableAddress } from '../policy/pattern.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { RefusedLessons } from '../storage/trust-memory.ts'
import { hasRelation } from '../trust/earned-trust.ts'
import { lessonsOfAcceptance } from '../trust/lessons.ts'
import { teaches } from '../trust/teaches.ts'
import type { Gateway } from './gateway.ts'
import { addressOf } from './judge-inbound.ts'
import { peopleInMail } from './people-in-mail.ts'

type Learner = Pick<Gateway, 'memory' | 'people' | 'keepsNames' | 'organization' | 'log'>

/**
 * A mail of ours that leaves: whom we write to is known from now on, and his answer. Learned at the moment in which Postfix is
 * told to take it, once for each recipient however often it comes again.
 */
export async function learnFromOutbound(
  message: ReceivedMessage,
  recipient: string,
  rules: PolicySet,
  { memory, people, keepsNames, organization, log }: Learner,
): Promise<void> {
  const sender = addressOf(message.sender)
  const author = authorOf(message.fields)
  const own = {
    sender: sender === undefined ? undefined : comparableAddress(sender),
    author: author.kind === 'author' ? comparableAddress(author.address) : undefined,
    ownDomains: organization.domains,
  }
  const sent = {
    from: sender ?? '',
    to: recipient,
    at: message.receivedAt,
    messageId: outgoingMessageId(message),
    recipients: Math.max(message.recipients.length, addressees(message)),
    teaches: teaches(own, message.fields),
  }
  const { limitReached } = await memory.learnSent(
    sent,
    `${message.digest} ${recipient}`,
    rules.trust,
    keepsNames,
  )
  if (sent.teaches && !limitReached)
    await people.learn(peopleInMail(message.fields, organization.domains), message.receivedAt)
  if (limitReached) log({ event: 'learning-limit', sender: message.sender })
}

/** One transaction has one recipient where Postfix splits; the header still says to whom else the mail goes. */
function addressees({ fields }: ReceivedMessage): number {
  return ['To', 'Cc']
    .flatMap((name) => fieldsNamed(fields, name))
    .map(({ value }) => parseAddressList(value))
    .reduce((sum, list) => sum + (list.kind === 'list' ? list.mailboxes.length : 1), 0)
}

/** What a judged message tells about its sender, before the sender hears what became of it. */
export async function learnFromInbound(
  message: ReceivedMessage,
  { facts, sender }: GatheredFacts,
  outcome: InboundOutcome,
  rules: PolicySet,
  { memory }: Pick<Gateway, 'memory'>,
): Promise<void> {
  const { digest, receivedAt: at } = message
  if (outcome.kind === 'deliver') {
    const lessons = lessonsOfAcceptance(facts, message.sender, rules.trust)
    return memory.learnAccepted(sender, lessons, digest, at, rules.trust)
  }
  const lessons = lessonsOfRefusal(outcome, facts, rules)
  // A sender who is refused after he came back has both lessons to give.
  const effect = outcome.kind === 'defer' ? `asked to come again ${digest}` : digest
  if (lessons) await memory.learnRefused(sender, lessons, message.id, effect, at, rules.trust)
}

/** Content and lists count against an identity; forged names, malware and our own faults do not. */
function lessonsOfRefusal(
  outcome: Exclude<InboundOutcome, { kind: 'deliver' }>,
  facts: InboundFacts,
  rules: PolicySet,
): RefusedLessons | undefined {
  if (outcome.kind === 'reject') {
    const isOfTrust = !outcome.hard && (outcome.why === 'trust' || outcome.why === 'listed')
    const counts = isOfTrust && isForContentOrLists(facts, rules)
    return { counts, healable: outcome.heals, suspicious: false }
  }
  // He may be let in when he comes again, and a machine here may answer him. Who forges a partner stops nothing by it.
  return outcome.comeAgain && !isKnown(facts, rules)
    ? { counts: false, healable: false, suspicious: true }
    : undefined
}

/** Not for what was refused before: who tries again every day would never get out of it. */
function isForContentOrLists({ content, lists }: InboundFacts, { trust }: PolicySet): boolean {
  const isSuspicious =
    content.kind === 'scored' && (content.phishing || content.score > trust.content.suspiciousFrom)
  return isSuspicious || lists.hits.some(({ weight }) => weight === 'strong' || weight === 'weak')
}

function isKnown({ authentication: { author }, relations }: InboundFacts, rules: PolicySet): boolean {
  return author !== undefined && relations.some((each) => hasRelation(each, author.domain, rules.trust))
}
