import { deadlineWithin } from '../deadline.ts'
import { replyTo, TemporaryFailure } from '../failure.ts'
import { describeError } from '../log/json-log.ts'
import { authorOf } from '../message/address.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import type { PolicySet } from '../policy/policy.ts'
import { answerInbound } from './answer-inbound.ts'
import { answerOutbound } from './answer-outbound.ts'
import type { Gateway } from './gateway.ts'
import { recordDecision } from './record-decision.ts'

/** Postfix gives up after milter_content_timeout, 300 s, and many senders after 300 s too: answer before (RS-04). */
const answerWithinMs = 240_000
/** A store that hangs must not take the rest of the time. */
const recordWithinMs = 10_000

/**
 * The way of one message: facts, decision, effects, one answer. Start reading here. Whatever goes wrong becomes a 4xx,
 * so that Postfix keeps the message; nothing is accepted that was not decided and recorded.
 */
export async function answerMessage(
  message: ReceivedMessage,
  workspace: Workspace,
  gateway: Gateway,
  gone: AbortSignal,
): Promise<FinalAnswer> {
  using limit = deadlineWithin(gone, answerWithinMs)
  const deadline = limit.signal
  const rules = gateway.rules() // one set for the whole message, even if a reload comes meanwhile
  try {
    const answer =
      message.direction === 'inbound'
        ? answerInbound(message, rules, gateway, workspace, deadline)
        : answerOutbound(message, rules, gateway, workspace, deadline)
    return await before(deadline, answer)
  } catch (error) {
    const { cause } = error instanceof Error ? error : { cause: undefined }
    gateway.log({
      event: 'failed',
      id: message.id,
      queueId: message.queueId,
      error: error instanceof Error ? error.message : String(error),
      ...(cause === undefined ? {} : { cause: describeError(cause) }),
    })
    const answer = { kind: 'refuse', reply: replyTo(error) } as const
    // Postfix that has left hears no answer: nothing was decided about the message.
    if (!gone.aborted) await recordFailure(message, rules, gateway, answer)
    return answer
  }
}

/** So that `explain` knows of it, too. Where even that fails, the log has it already. */
async function recordFailure(
  message: ReceivedMessage,
  rules: PolicySet,
  gateway: Gateway,
  answer: Extract<FinalAnswer, { kind: 'refuse' }>,
): Promise<void> {
  const author = authorOf(message.fields)
  const { code, lines } = answer.reply
  const outcome = `${code < 500 ? 'defer' : 'reject'}: ${lines.join(' ')}`
  // Not by the time of the message, which may be over.
  using limit = deadlineWithin(new AbortController().signal, recordWithinMs)
  await before(
    limit.signal,
    recordDecision(gateway, message, rules, author.kind === 'author' ? author.address : undefined, answer, {
      trust: undefined,
      outcomes: message.recipients.map((recipient) => ({ recipient, outcome })),
    }),
  ).catch(() => undefined)
}

/** The answer, or a TemporaryFailure once the deadline has passed, even if a step does not heed its signal. */
async function before<Value>(deadline: AbortSignal, answer: Promise<Value>): Promise<Value> {
  const { promise: passed, reject } = Promise.withResolvers<never>()
  const onAbort = () =>
    reject(new TemporaryFailure('4.3', 'No decision in time, try again later', { cause: deadline.reason }))
  if (deadline.aborted) onAbort()
  deadline.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([answer, passed])
  } finally {
    deadline.removeEventListener('abort', onAbort)
  }
}
