import { createHash } from 'node:crypto'
import type { InboundFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Effects } from '../storage/effects.ts'
import { type Circumstances, type InboundJudgement, judgeInbound } from './judge-inbound.ts'

/** What is asked of and told to the memory of earlier tries. */
interface RetryParts {
  readonly organization: Circumstances['organization']
  readonly effects: Pick<Effects, 'first' | 'at'>
}

/**
 * The verdict in the light of earlier tries of the same mail: no deferral is without end. Who was asked to come again
 * must come after the time that he was told (RFC 6647 2.3: servers do, programs that only send do not), from the same
 * network or as the same signer; mail that waits for the DNS is judged by what is known at last. Nobody is looked up
 * for whom it changes nothing.
 */
export async function judgeRetries(
  message: ReceivedMessage,
  facts: InboundFacts,
  rules: PolicySet,
  { organization, effects }: RetryParts,
): Promise<InboundJudgement> {
  const judge = (cameBack: boolean, dnsGivenUp: boolean) =>
    judgeInbound(message, facts, rules, { organization, cameBack, dnsGivenUp })
  const { retry } = rules.trust
  let judgement = judge(false, false)
  let dnsGivenUp = false
  if (isOwedAnswers(judgement)) {
    const counter = `waits for the DNS ${mailKey(message)}`
    if (await countOneMore(counter, retry.mostDnsDeferrals, message.receivedAt, effects)) return judgement
    dnsGivenUp = true
    judgement = judge(false, dnsGivenUp)
  }
  if (!isAskedAgain(judgement)) return judgement
  const who = senderKeys(message, facts)
  if (!(await hasComeBack(message, who, retry, effects))) return judgement
  const final = judge(true, dnsGivenUp)
  if (final.outcome.kind === 'deliver') {
    const kept = retry.remembered * 86_400_000
    for (const key of who.map(({ sender }) => `passed ${sender}`)) await mark(key, kept, message, effects)
  }
  return final
}

function isOwedAnswers({ outcome }: InboundJudgement): boolean {
  return outcome.kind === 'defer' && (outcome.why === 'dnsUnknown' || outcome.why === 'spfUnknown')
}

function isAskedAgain({ outcome }: InboundJudgement): boolean {
  return outcome.kind === 'defer' && outcome.comeAgain
}

/** Whether he did as he was asked, now or lately. If not, the time at which he was asked is remembered. */
async function hasComeBack(
  message: ReceivedMessage,
  who: readonly SenderKey[],
  retry: PolicySet['trust']['retry'],
  effects: RetryParts['effects'],
): Promise<boolean> {
  const now = message.receivedAt.getTime()
  const [after, until] = [retry.after * 60_000, retry.until * 60_000]
  for (const { sender } of who) {
    if ((await markedAt(`passed ${sender}`, retry.remembered * 86_400_000, now, effects)) !== undefined)
      return true
  }
  let isEarly = false
  for (const { mail } of who) {
    const asked = await markedAt(`asked to come again ${mail}`, until, now, effects)
    if (asked === undefined) continue
    if (now - asked >= after) return true
    isEarly = true
  }
  // Who does not wait is told so again, which costs him nothing.
  if (isEarly) return false
  const counter = `deferred ${mailKey(message)}`
  if (!(await countOneMore(counter, retry.mostDeferrals, message.receivedAt, effects))) return true
  for (const { mail } of who) await mark(`asked to come again ${mail}`, until, message, effects)
  return false
}

interface SenderKey {
  /** The server with the envelope sender. */
  readonly sender: string
  /** And with the recipients. */
  readonly mail: string
}

/** Large senders try again from another server: so a signer, or a domain that permits both servers, is as good as the network. */
function senderKeys(
  { client, sender, recipients }: ReceivedMessage,
  { authentication: { dkim, spf } }: InboundFacts,
): readonly SenderKey[] {
  const address = client.address ?? ''
  const network = address.includes(':')
    ? address.split(':').slice(0, 4).join(':')
    : address.split('.').slice(0, 3).join('.')
  const signer = dkim
    .filter(({ result }) => result === 'pass')
    .map(({ domain }) => domain)
    .sort()[0]
  const servers = [
    ['network', network],
    ...(signer === undefined ? [] : [['signer', signer]]),
    ...(spf.result === 'pass' && spf.domain ? [['spf', spf.domain]] : []),
  ]
  const everybody = recipients.map((each) => each.toLowerCase()).sort()
  return servers.map((server) => ({
    sender: hashOf([...server, sender.toLowerCase()]),
    mail: hashOf([...server, sender.toLowerCase(), ...everybody]),
  }))
}

/** One mail to several recipients can come in several transactions. */
function mailKey({ digest, sender, recipients }: ReceivedMessage): string {
  return hashOf([digest, sender, ...[...recipients].sort()])
}

function hashOf(words: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(words)).digest('base64url')
}

/** A mark counts for `span` milliseconds; a later one needs a key of its own, because each key is set once. */
async function mark(
  key: string,
  span: number,
  { receivedAt }: ReceivedMessage,
  effects: RetryParts['effects'],
): Promise<void> {
  await effects.first(`${key} ${Math.floor(receivedAt.getTime() / span)}`, receivedAt)
}

async function markedAt(
  key: string,
  span: number,
  now: number,
  effects: RetryParts['effects'],
): Promise<number | undefined> {
  const period = Math.floor(now / span)
  for (const each of [period - 1, period]) {
    const at = await effects.at(`${key} ${each}`)
    if (at !== undefined && now - at.getTime() <= span) return at.getTime()
  }
  return undefined
}

/** Counts up to `most`; false once that was reached. */
async function countOneMore(
  key: string,
  most: number,
  at: Date,
  effects: RetryParts['effects'],
): Promise<boolean> {
  for (let number = 1; number <= most; number += 1) {
    if (await effects.first(`${key} ${number}`, at)) return true
  }
  return false
}
