import { createHash } from 'node:crypto'
import type { Delivered } from '../delivery/deliver-inbound.ts'
import { describeLayer } from '../delivery/security-field.ts'
import { privateKeyReply } from '../keys/intake/private-key-reply.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { InboundFacts, ProtectionLayer } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Gateway } from './gateway.ts'
import { type InboundJudgement, judgeInbound } from './judge-inbound.ts'
import { learnFromInbound } from './learn.ts'
import { recordDecision } from './record-decision.ts'

/** A message from outside: judged before it is accepted, then delivered whole; there is no third way (§ 206 StGB). */
export async function answerInbound(
  message: ReceivedMessage,
  rules: PolicySet,
  gateway: Gateway,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const gathered = await gateway.gatherFacts(message, workspace, signal)
  const { facts, opened } = gathered
  const { outcome, trust, policy, policies } = await judge(message, facts, rules, gateway)
  const submission = outcome.kind === 'deliver' ? await gateway.intake?.read(message, gathered) : undefined
  const isPrivateKey = submission?.kind === 'private-key'
  // It would lie in a mailbox otherwise, and in its backups.
  const answer: Delivered = isPrivateKey
    ? { kind: 'refuse', reply: privateKeyReply(gateway.organization, message.id) }
    : outcome.kind === 'deliver'
      ? await gateway.deliverInbound(
          message,
          { facts, opened: opened.message, score: trust.score, signals: trust.signals, policy, policies },
          workspace,
          signal,
        )
      : { kind: 'refuse', reply: outcome.reply }
  // A retry after a fault of ours proves nothing about the sender, and must not cost him the second try.
  if (outcome.kind === 'defer' && outcome.comeAgain) {
    await gateway.effects.first(deferralKey(message), message.receivedAt)
  }
  const kept = submission && answer.kind === 'accept' ? await gateway.intake?.keep(submission) : undefined
  const decided = [
    isPrivateKey
      ? 'reject: a private key for the intake address'
      : outcome.kind === 'deliver'
        ? 'deliver'
        : `${outcome.kind}: ${outcome.reason}`,
    ...facts.protection.layers.map(recordedLayer),
    ...(answer.changes ?? []),
    ...(kept?.lines ?? []),
  ].join('; ')
  await recordDecision(gateway, message, rules, facts.authentication.author?.address, answer, {
    trust: { score: trust.score, signals: [...trust.signals] },
    outcomes: message.recipients.map((recipient) => ({ recipient, outcome: decided })),
  })
  if (outcome.kind !== 'deliver' || answer.kind !== 'refuse')
    await learnFromInbound(message, gathered, outcome, rules, gateway)
  if (outcome.kind === 'deliver' && answer.kind !== 'refuse') await gateway.harvest(message, gathered)
  void kept?.goOn()
  return answer
}

/** With the key that made or opened it, by the first half of its fingerprint. */
function recordedLayer(layer: ProtectionLayer): string {
  const fingerprint =
    layer.kind === 'encrypted'
      ? layer.fingerprint
      : layer.kind === 'signed'
        ? layer.signer?.fingerprint
        : undefined
  return `${describeLayer(layer)}${fingerprint === undefined ? '' : ` key ${fingerprint.slice(0, 20)}`}`
}

/** Whether the sender came back counts only for whom we would ask to come again; nobody else is looked up for it. */
async function judge(
  message: ReceivedMessage,
  facts: InboundFacts,
  rules: PolicySet,
  { organization, effects }: Gateway,
): Promise<InboundJudgement> {
  const first = judgeInbound(message, facts, rules, { organization, cameBack: false })
  const asks = first.outcome.kind === 'defer' && first.outcome.comeAgain
  if (!asks || !(await effects.done(deferralKey(message)))) return first
  return judgeInbound(message, facts, rules, { organization, cameBack: true })
}

/** Who was asked to come again: client's network, sender and recipients, since large senders retry from a pool (RFC 6647 2.2). */
function deferralKey({ client, sender, recipients }: ReceivedMessage): string {
  const address = client.address ?? ''
  const network = address.includes(':')
    ? address.split(':').slice(0, 4).join(':')
    : address.split('.').slice(0, 3).join('.')
  const who = JSON.stringify([
    network,
    sender.toLowerCase(),
    recipients.map((each) => each.toLowerCase()).sort(),
  ])
  return `asked to come again ${createHash('sha256').update(who).digest('base64url')}`
}
