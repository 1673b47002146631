import { createHash } from 'node:crypto'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { judgeRetries } from '../../src/gateway/judge-retries.ts'
import { learnFromInbound, learnFromOutbound } from '../../src/gateway/learn.ts'
import { askMemory } from '../../src/inspection/ask-memory.ts'
import { type InboundFacts, noProtection, unaskedFacts } from '../../src/message/facts.ts'
import type { ReceivedMessage } from '../../src/message/received-message.ts'
import { builtInPolicies } from '../../src/policy/find-policy.ts'
import type { PolicySet } from '../../src/policy/policy.ts'
import type { Storage } from '../../src/storage/open-storage.ts'
import type { Weights } from '../../src/trust/weights.ts'
import { receivedMessage } from '../support/received-message.ts'
import { noLists, type SimulatedMail } from './simulated-mail.ts'
import { ownDomain } from './world.ts'

export interface SentByUs {
  readonly from: string
  readonly to: string
  readonly messageId: string
  /** A machine wrote it: a vacation reply. */
  readonly automatic?: boolean
}

/**
 * The gateway of the firm without sockets: everything between the facts and the answer is the live code, the memory is
 * a real database. Only what DNS, scanner and scorer would say comes from the simulated world.
 */
export function firmWith(storage: Pick<Storage, 'trustMemory' | 'effects'>, weights: Weights) {
  const rules: PolicySet = { ...builtInPolicies, trust: weights }
  const organization = { name: 'Kanzlei', telephone: '+49 30 5550100', domains: [ownDomain] }
  const learner: Pick<Gateway, 'memory' | 'people' | 'keepsNames' | 'organization' | 'log'> = {
    memory: storage.trustMemory,
    people: { learn: async () => {} },
    keepsNames: false,
    organization,
    log: () => {},
  }
  let number = 0

  /** As it was first sent; a repetition is the same message. */
  function messageOf(mail: SimulatedMail): ReceivedMessage {
    number += 1
    const answers = mail.answers === undefined ? '' : `In-Reply-To: ${mail.answers}\n`
    return receivedMessage(
      `From: <${mail.author}>\nMessage-ID: <${number}@outside.example>\n${answers}\nText\n`,
      {
        sender: mail.sender,
        recipients: [mail.recipient],
        client: {
          address: mail.server,
          hostName: mail.hostName,
          reverse: mail.client.reverse,
          helo: mail.hostName ?? 'localhost',
        },
      },
    )
  }

  async function judge(mail: SimulatedMail, message: ReceivedMessage, at: number) {
    const receivedAt = new Date(at)
    const now = { ...message, receivedAt, id: idOf(message, at) }
    const { authentication } = mail
    const { relations, history, reply, sender } = await askMemory(
      storage.trustMemory,
      now,
      { authentication, protection: noProtection },
      receivedAt,
      weights,
    )
    const facts: InboundFacts = {
      ...unaskedFacts,
      authentication,
      scan: mail.scan ?? { kind: 'clean', signatures: 'simulated' },
      files: [],
      office: [],
      relations,
      history,
      reply,
      ownDomain: authentication.author?.domain === ownDomain,
      ambiguities: [],
      protection: noProtection,
      client: mail.client,
      lists: mail.lists ?? noLists,
      content: mail.content,
      isBulk: mail.isBulk ?? false,
    }
    const { outcome, trust } = await judgeRetries(now, facts, rules, {
      organization,
      effects: storage.effects,
    })
    const gathered = { facts, sender, opened: { message: now, protection: noProtection, brought: [] } }
    await learnFromInbound(now, gathered, outcome, rules, learner)
    return { outcome, trust }
  }

  async function send({ from, to, messageId, automatic = false }: SentByUs, at: number): Promise<void> {
    const mark = automatic ? 'Auto-Submitted: auto-replied\n' : ''
    const message = receivedMessage(
      `From: <${from}>\nTo: <${to}>\nMessage-ID: ${messageId}\n${mark}\nText\n`,
      {
        direction: 'outbound',
        sender: from,
        recipients: [to],
        receivedAt: new Date(at),
      },
    )
    await learnFromOutbound(message, to, rules, learner)
  }
  return { messageOf, judge, send }
}

function idOf({ digest }: ReceivedMessage, at: number): string {
  return createHash('sha256').update(`${digest} ${at}`).digest('hex').slice(0, 14)
}
