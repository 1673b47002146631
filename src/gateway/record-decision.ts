import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { DecisionRecord } from '../storage/decisions.ts'
import type { Gateway } from './gateway.ts'

/** Stores and logs why a message was treated as it was, before Postfix hears the answer: no answer without a record. */
export async function recordDecision(
  gateway: Pick<Gateway, 'decisions' | 'log' | 'now'>,
  message: Pick<
    ReceivedMessage,
    'id' | 'receivedAt' | 'direction' | 'queueId' | 'client' | 'sender' | 'recipients'
  >,
  rules: PolicySet,
  author: string | undefined,
  answer: FinalAnswer,
  why: Pick<DecisionRecord, 'trust' | 'outcomes' | 'judged' | 'subject'>,
): Promise<void> {
  const record: DecisionRecord = {
    id: message.id,
    at: message.receivedAt,
    direction: message.direction,
    queueId: message.queueId,
    clientAddress: message.client.address,
    sender: message.sender,
    author,
    recipients: message.recipients,
    answer: answer.kind === 'accept' ? 'accept' : `${answer.reply.code} ${answer.reply.enhancedStatus}`,
    trust: why.trust,
    outcomes: why.outcomes,
    ...(why.judged === undefined ? {} : { judged: why.judged }),
    ...(why.subject === undefined ? {} : { subject: why.subject }),
    policyGeneration: rules.generation,
    milliseconds: gateway.now().getTime() - message.receivedAt.getTime(),
  }
  await gateway.decisions.add(record)
  gateway.log({
    event: 'decided',
    id: record.id,
    queueId: record.queueId,
    direction: record.direction,
    sender: record.sender,
    recipients: record.recipients,
    answer: record.answer,
    outcomes: record.outcomes.map(({ outcome }) => outcome),
    ...(record.trust
      ? {
          score: record.trust.score,
          signals: record.trust.signals.map(
            ({ name, points }) => `${name} ${points > 0 ? '+' : ''}${points}`,
          ),
        }
      : {}),
    milliseconds: record.milliseconds,
    policyGeneration: record.policyGeneration,
  })
}
