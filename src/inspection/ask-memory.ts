import { answeredMessageIds } from '../message/answered-message-ids.ts'
import type { AuthenticationFacts, ProtectionFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { Recalled, TrustMemory } from '../storage/trust-memory.ts'
import { identityOf } from '../trust/identity.ts'
import type { Weights } from '../trust/weights.ts'
import { returnedMessageIds } from './returned-message-ids.ts'

/** Asks the memory once about everybody who takes part in a message. */
export async function askMemory(
  memory: Pick<TrustMemory, 'recall'>,
  message: ReceivedMessage,
  found: { readonly authentication: AuthenticationFacts; readonly protection: ProtectionFacts },
  now: Date,
  weights: Weights,
): Promise<Recalled> {
  const { author, spf } = found.authentication
  const isNullSender = message.sender === ''
  const answers = [
    ...answeredMessageIds(message.fields),
    ...(isNullSender ? await returnedMessageIds(message) : []),
  ]
  return memory.recall({
    author,
    recipients: message.recipients,
    client: message.client,
    // Of the null sender it is the name in HELO that SPF proves: no identity to remember anything under.
    envelopeDomain: spf.result === 'pass' && !isNullSender ? spf.domain : undefined,
    answers,
    isNullSender,
    factorWith: (history) => identityOf({ ...found, history }, weights).factor,
    now,
    weights,
  })
}
