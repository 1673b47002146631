import { unaskedFacts } from '../../src/message/facts.ts'
import type { Recalled, RecallQuestion, SentMail } from '../../src/storage/trust-memory.ts'
import { shippedWeights } from '../../src/trust/weights.ts'

/** A question of the trust memory about a message of Carl, who is proven, to Ann. */
export function recallQuestion(now: Date, change: Partial<RecallQuestion> = {}): RecallQuestion {
  return {
    author: { address: 'carl@client.example', domain: 'client.example' },
    recipients: ['ann@example.com'],
    client: { address: '192.0.2.7', hostName: undefined },
    envelopeDomain: undefined,
    answers: [],
    isNullSender: false,
    factorWith: () => 1,
    now,
    weights: shippedWeights,
    ...change,
  }
}

/** A mail of Ann to Carl that teaches trust in him. */
export function sentMail(at: Date, change: Partial<SentMail> = {}): SentMail {
  return {
    from: 'ann@example.com',
    to: 'carl@client.example',
    at,
    messageId: undefined,
    recipients: 1,
    teaches: true,
    ...change,
  }
}

/** Nothing remembered of a message to so many recipients. */
export function nothingRecalled(recipients: number): Recalled {
  const relation = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }
  const { history, reply } = unaskedFacts
  return {
    ...{ history, reply, relations: Array.from({ length: recipients }, () => relation) },
    sender: {
      ...{
        author: undefined,
        ident: '',
        accepted: '',
        refused: '',
        network: undefined,
        suspicious: undefined,
      },
      ...{ seen: undefined, origins: [], answered: undefined },
    },
  }
}
