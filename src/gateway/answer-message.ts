import { deadlineWithin } from '../deadline.ts'
import { replyTo, TemporaryFailure } from '../failure.ts'
import { describeError } from '../log/json-log.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import { answerInbound } from './answer-inbound.ts'
import { answerOutbound } from './answer-outbound.ts'
import type { Gateway } from './gateway.ts'

/** Postfix gives up after milter_content_timeout, 300 s, and many senders after 300 s too: answer before (RS-04). */
const answerWithinMs = 240_000

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
  try {
    const rules = gateway.rules() // one set for the whole message, even if a reload comes meanwhile
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
    return { kind: 'refuse', reply: replyTo(error) }
  }
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
