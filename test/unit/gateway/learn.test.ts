import { describe, expect, it } from 'vitest'
import type { InboundOutcome } from '../../../src/decision/outcome.ts'
import { learnFromInbound, learnFromOutbound } from '../../../src/gateway/learn.ts'
import { noProtection } from '../../../src/message/facts.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { SentMail } from '../../../src/storage/trust-memory.ts'
import { bySpf, inboundFacts, stranger } from '../../support/inbound-facts.ts'
import { nothingRecalled } from '../../support/recall.ts'
import { receivedMessage } from '../../support/received-message.ts'

function house(limitReached = false) {
  const sent: { readonly mail: SentMail; readonly effect: string }[] = []
  const judged: unknown[] = []
  const logged: object[] = []
  const learner: Parameters<typeof learnFromOutbound>[3] = {
    memory: {
      learnSent: async (mail, effect) => {
        sent.push({ mail, effect })
        return { limitReached }
      },
      learnAccepted: async (_sender, lessons, effect) => void judged.push({ ...lessons, effect }),
      learnRefused: async (_sender, lessons, reference, effect) =>
        void judged.push({ ...lessons, reference, effect }),
    },
    people: { learn: async () => {} },
    keepsNames: false,
    organization: { name: 'Kanzlei', telephone: '1', domains: ['kanzlei.example'] },
    log: (event) => logged.push(event),
  }
  return { learner, sent, judged, logged }
}
const outbound = (fields: string, sender = 'bob@kanzlei.example') =>
  receivedMessage(`${fields}\nMessage-ID: <1@pc>\n\nHallo\n`, {
    direction: 'outbound',
    sender,
    recipients: ['ann@partner.example'],
  })

describe('a mail of ours that leaves', () => {
  for (const [what, fields, sender, expected] of [
    ['teaches who its recipient is', 'From: Bob <bob@kanzlei.example>', 'bob@kanzlei.example', [1, true]],
    ['for a colleague teaches it too', 'From: eva@KANZLEI.example', 'bob@kanzlei.example', [1, true]],
    [
      'that passes on mail from outside is only ours',
      'From: x@evil.example',
      'bob@kanzlei.example',
      [1, false],
    ],
    ['of the null sender is only ours', 'From: bob@kanzlei.example', '', [1, false]],
    [
      'says in its header to how many it goes',
      `From: bob@kanzlei.example\nTo: ${Array.from({ length: 20 }, (_, n) => `c${n}@x.example`).join(', ')}\nCc: a@x.example, b@x.example`,
      'bob@kanzlei.example',
      [22, true],
    ],
  ] as const)
    it(what, async () => {
      const { learner, sent } = house()
      const message = outbound(fields, sender)
      await learnFromOutbound(message, 'ann@partner.example', builtInPolicies, learner)
      expect(sent.map(({ mail, effect }) => [mail.recipients, mail.teaches, mail.messageId, effect])).toEqual(
        [[...expected, '<1@pc>', `${message.digest} ann@partner.example`]],
      )
    })

  it('raises an alarm when its sender writes to more new people than anybody does', async () => {
    const { learner, logged } = house(true)
    await learnFromOutbound(
      outbound('From: bob@kanzlei.example'),
      'ann@partner.example',
      builtInPolicies,
      learner,
    )
    expect(logged).toEqual([{ event: 'learning-limit', sender: 'bob@kanzlei.example' }])
  })
})

describe('a message from outside', () => {
  const message = receivedMessage('From: ann@partner.example\n\nHallo\n')
  const reply = { code: 550, enhancedStatus: '5.7.1', lines: [] } as const
  const refused = (why: 'trust' | 'listed' | 'dmarc', heals: boolean, hard = false): InboundOutcome => ({
    ...{ kind: 'reject', hard, why, heals, reason: '', reply },
  })
  const refusal = (counts: boolean, healable: boolean) => ({
    ...{ counts, healable, suspicious: false, reference: message.id, effect: message.digest },
  })
  const suspicious = { content: { kind: 'scored', scorer: 'x', score: 9, phishing: false } } as const
  const listed = {
    lists: { hits: [{ list: 'x', subject: 'ip', weight: 'strong', value: '192.0.2.1' }], failed: [] },
  } as const
  const known = { relations: [{ ...stranger, address: 1 }] }
  const comeAgain = {
    ...{ kind: 'defer', comeAgain: true, why: 'comeAgain', reason: '', reply: { ...reply, code: 451 } },
  } as const
  for (const [what, outcome, lesson, change = {}] of [
    ['that is accepted', { kind: 'deliver' }, { seen: [], provenAnswers: 0, effect: message.digest }],
    ['refused for its content', refused('trust', true), refusal(true, true), suspicious],
    [
      'refused for content in the name of a partner',
      refused('trust', false),
      refusal(true, false),
      suspicious,
    ],
    ['refused for lists', refused('listed', false), refusal(true, false), listed],
    ['refused for what was refused before', refused('trust', true), refusal(false, true)],
    ['refused for a forged name', refused('dmarc', false), refusal(false, false)],
    ['refused whatever the trust', refused('trust', false, true), refusal(false, false)],
    [
      'asked to come again',
      comeAgain,
      {
        ...{ counts: false, healable: false, suspicious: true, reference: message.id },
        effect: `asked to come again ${message.digest}`,
      },
    ],
    ['asked to come again in the name of somebody we write to', comeAgain, undefined, known],
    [
      'deferred for a fault of ours',
      { kind: 'defer', comeAgain: false, why: 'scanner', reason: '', reply: { ...reply, code: 451 } },
      undefined,
    ],
  ] as const)
    it(`${what} teaches ${lesson ? 'what becomes of it' : 'nothing'}`, async () => {
      const { learner, judged } = house()
      const opened = { message, protection: noProtection, brought: [] }
      const gathered = { facts: inboundFacts(bySpf, change), opened, sender: nothingRecalled(1).sender }
      await learnFromInbound(message, gathered, outcome as InboundOutcome, builtInPolicies, learner)
      expect(judged).toEqual(lesson ? [lesson] : [])
    })
})
