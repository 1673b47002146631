import type { Delivered } from '../delivery/deliver-inbound.ts'
import { describeLayer } from '../delivery/security-field.ts'
import { privateKeyReply } from '../keys/intake/private-key-reply.ts'
import type { Workspace } from '../message/byte-source.ts'
import { decodeText } from '../message/encoded-words.ts'
import type { ProtectionLayer } from '../message/facts.ts'
import { firstValue } from '../message/header.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { recordedFacts } from '../message/recorded-facts.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Gateway } from './gateway.ts'
import { judgeRetries } from './judge-retries.ts'
import { learnFromInbound } from './learn.ts'
import { recordDecision } from './record-decision.ts'
import { wantsDigest } from './send-digests.ts'

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
  const { outcome, trust, policy, policies, tries } = await judgeRetries(message, facts, rules, gateway)
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
    judged: { facts: recordedFacts(facts), ...tries },
    subject: subjectForDigest(message, answer, rules),
  })
  if (outcome.kind !== 'deliver' || answer.kind !== 'refuse')
    await learnFromInbound(message, gathered, outcome, rules, gateway)
  if (outcome.kind === 'deliver' && answer.kind !== 'refuse') await gateway.harvest(message, gathered)
  void kept?.goOn()
  return answer
}

/** Of a refused mail whose recipient gets a list of what was refused; of all other mail no subject is kept. */
function subjectForDigest(
  { fields, recipients }: ReceivedMessage,
  answer: Delivered,
  rules: PolicySet,
): string | undefined {
  const isRefused = answer.kind === 'refuse' && answer.reply.code >= 500
  if (!isRefused || !recipients.some((recipient) => wantsDigest(rules, recipient))) return undefined
  return decodeText(firstValue(fields, 'subject') ?? '')
    .trim()
    .slice(0, 200)
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
