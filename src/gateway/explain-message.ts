import { createHash } from 'node:crypto'
import { authorOf, parsePath } from '../message/address.ts'
import { parseAddressList } from '../message/address-list.ts'
import type { Workspace } from '../message/byte-source.ts'
import { fieldsNamed } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { readMessage } from '../message/read-message.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { comparableAddress } from '../policy/pattern.ts'
import type { DecisionRecord } from '../storage/decisions.ts'
import type { Effects } from '../storage/effects.ts'
import { ControlRefusal } from './calls/control-server.ts'
import type { ExplainedMessage, MessageToExplain } from './calls/explain-calls.ts'
import type { Gateway } from './gateway.ts'
import { type InboundJudgement, judgeInbound } from './judge-inbound.ts'
import { judgeRetries } from './judge-retries.ts'

export interface ExplainParts {
  readonly gateway: Pick<Gateway, 'gatherFacts' | 'organization' | 'rules'>
  readonly effects: Pick<Effects, 'at' | 'done'>
  readonly now: () => Date
  readonly newId: () => string
  readonly openWorkspace: () => Workspace
}

/** DNS, lists, scanner and scorer together stay far below. */
const limitMs = 50_000

/**
 * What would become of this message if it arrived now, by the same way that live mail goes up to its answer. Whoever is asked
 * about live mail is asked about it (DNS, scanner, scorer); nothing is stored, learned, held, delivered or logged.
 */
export async function explainMessage(
  question: MessageToExplain,
  { gateway, effects, now, newId, openWorkspace }: ExplainParts,
): Promise<ExplainedMessage> {
  const bytes = withLineEnds(Buffer.from(question.message, 'base64'))
  await using workspace = openWorkspace()
  const writer = workspace.writer()
  writer.write(bytes)
  const read = await readMessage(writer.finish())
  const recipients =
    question.recipients.length > 0
      ? question.recipients
      : namedRecipients(read.fields, gateway.organization.domains)
  if (recipients.length === 0) {
    throw new ControlRefusal(
      'the message names no recipient of ours; say with --to for whom it shall be judged',
    )
  }
  const message: ReceivedMessage = {
    ...read,
    id: newId(),
    direction: 'inbound',
    queueId: undefined,
    mtaName: '',
    client: {
      address: question.clientAddress,
      hostName: question.clientName,
      reverse: question.clientName === undefined ? 'unknown' : 'verified',
      helo: question.helo ?? question.clientName ?? '',
      tls: undefined,
      login: undefined,
    },
    sender: question.sender ?? namedSender(read.fields),
    recipients,
    digest: createHash('sha256').update(bytes).digest('hex'),
    receivedAt: now(),
  }
  const rules = gateway.rules()
  const { facts } = await gateway.gatherFacts(message, workspace, AbortSignal.timeout(limitMs))
  const untouched = { at: effects.at, first: async (key: string) => !(await effects.done(key)) }
  const judgement = await judgeRetries(message, facts, rules, {
    organization: gateway.organization,
    effects: untouched,
  })
  return {
    ...told(judgement),
    sender: message.sender,
    author: facts.authentication.author?.address,
    recipients: message.recipients,
    clientAddress: message.client.address,
    policyGeneration: rules.generation,
    facts,
  }
}

/** The verdict that a recorded message would get by the policies and lists of today, on the facts of its own day. */
export function judgeAgain(
  record: DecisionRecord,
  { gateway, now }: Pick<ExplainParts, 'now'> & { readonly gateway: Pick<Gateway, 'organization' | 'rules'> },
) {
  const { judged, id, sender, recipients, clientAddress } = record
  if (!judged) return undefined
  const rules = gateway.rules()
  const message = { id, sender, recipients, receivedAt: now(), client: { address: clientAddress } }
  const judgement = judgeInbound(message, judged.facts, rules, {
    organization: gateway.organization,
    cameBack: judged.cameBack,
    dnsGivenUp: judged.dnsGivenUp,
  })
  return { ...told(judgement), policyGeneration: rules.generation }
}

function told({ outcome, trust, policies, tries }: InboundJudgement) {
  return {
    outcome: outcome.kind === 'deliver' ? 'deliver' : `${outcome.kind}: ${outcome.reason}`,
    reply: outcome.kind === 'deliver' ? undefined : outcome.reply,
    trust,
    thresholds: policies.map(({ acceptFrom, refuseBelow }) => ({ acceptFrom, refuseBelow })),
    cameBack: tries.cameBack,
  }
}

/** As the last server wrote it on top, else the author: most senders use his address. */
function namedSender(fields: readonly HeaderField[]): string {
  const [returnPath] = fieldsNamed(fields, 'Return-Path')
  const path = returnPath && parsePath(returnPath.value)
  if (path?.kind === 'null') return ''
  if (path?.kind === 'mailbox') return path.mailbox.address
  const author = authorOf(fields)
  return author.kind === 'author' ? author.address : ''
}

/** Whom it was delivered to, else whom of ours it is written to. */
function namedRecipients(fields: readonly HeaderField[], ownDomains: readonly string[]): string[] {
  const named = (...names: string[]) =>
    names
      .flatMap((name) => fieldsNamed(fields, name))
      .map(({ value }) => parseAddressList(value))
      .flatMap((list) => (list.kind === 'list' ? list.mailboxes : []))
      .map(({ address }) => comparableAddress(address))
      .filter((address) => ownDomains.some((domain) => address.endsWith(`@${domain}`)))
  const delivered = named('Delivered-To', 'X-Original-To')
  return [...new Set(delivered.length > 0 ? delivered : named('To', 'Cc'))].slice(0, 1000)
}

/** A file from a mailbox has the line ends of the system, often; SMTP has CRLF (RFC 5321 2.3.8). */
function withLineEnds(bytes: Buffer): Buffer {
  if (bytes.includes('\r\n') || !bytes.includes('\n')) return bytes
  return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
}
