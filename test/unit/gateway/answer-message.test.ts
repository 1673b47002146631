import { describe, expect, it } from 'vitest'
import { PermanentFailure } from '../../../src/failure.ts'
import { answerMessage } from '../../../src/gateway/answer-message.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import type { LogEvent } from '../../../src/log/events.ts'
import { type InboundFacts, noProtection, unaskedFacts } from '../../../src/message/facts.ts'
import type { ReceivedMessage } from '../../../src/message/received-message.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { PolicySet } from '../../../src/policy/policy.ts'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { noWays } from '../../support/outbound.ts'
import { nothingRecalled } from '../../support/recall.ts'
import { receivedMessage } from '../../support/received-message.ts'
import { testCertificate } from '../../support/test-keys.ts'

const relation = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }
const facts: InboundFacts = {
  authentication: {
    author: { address: 'ann@partner.example', domain: 'partner.example' },
    spf: { result: 'pass', domain: 'partner.example', aligned: true },
    dkim: [],
    dmarc: { result: 'pass', policy: 'reject' },
    arc: 'none',
  },
  scan: { kind: 'clean', signatures: 'test' },
  files: [],
  office: [],
  relations: [relation],
  ...unaskedFacts,
  ownDomain: false,
  ambiguities: [],
  protection: noProtection,
}
/** SPF says fail, and no DMARC policy asks for more: -15, between the thresholds. */
const doubtful: InboundFacts['authentication'] = {
  ...facts.authentication,
  spf: { result: 'fail', domain: 'partner.example', aligned: false },
  dmarc: { result: 'none', policy: undefined },
}
const rules: PolicySet = { ...builtInPolicies, generation: 7 }

function gatewayWith(changes: Partial<Gateway> = {}) {
  const records: DecisionRecord[] = []
  const events: LogEvent[] = []
  const learned: string[] = []
  const waiting: string[] = []
  const gateway: Gateway = {
    organization: { name: 'Kanzlei Muster', telephone: '+49 30 5550100', domains: ['kanzlei.example'] },
    now: () => new Date('2026-11-21T12:00:01Z'),
    log: (event) => events.push(event),
    rules: () => rules,
    decisions: { add: async (record) => void records.push(record) },
    memory: {
      learnSent: async ({ from, to, teaches }, effect) => {
        if (teaches) learned.push(`${from} -> ${to} (${effect})`)
        return { limitReached: false }
      },
      learnAccepted: async () => void learned.push('accepted'),
      learnRefused: async (_sender, { counts }, reference) =>
        void learned.push(`refused ${reference}${counts ? ', counts' : ''}`),
    },
    people: { learn: async () => {} },
    keepsNames: false,
    effects: { first: async () => true, done: async () => false, at: async () => undefined },
    waiting: {
      add: async ({ recipient, queueId }) => void waiting.push(`${recipient} ${queueId}`),
      remove: async (recipient, queueId) => void waiting.push(`gone ${recipient} ${queueId}`),
    },
    harvest: async () => {},
    intake: undefined,
    gatherFacts: async (message) => ({
      facts,
      opened: { message, protection: noProtection, brought: [] },
      sender: nothingRecalled(1).sender,
    }),
    deliverInbound: async () => ({ kind: 'accept', edits: [] }),
    convertOutbound: async () => undefined,
    findWays: async () => noWays,
    findSigners: async () => ({ smime: undefined, openpgp: undefined }),
    inspectOutbound: async () => ({ author: { kind: 'none' }, isCalendar: false }),
    detectContent: async () => [],
    protect: async () => ({ kind: 'accept', edits: [] }),
    ...changes,
  }
  const answer = (message: ReceivedMessage, gone = new AbortController().signal) =>
    answerMessage(message, openWorkspace('/tmp', { sizeLimit: 1e6 }), gateway, gone)
  return { answer, records, events, learned, waiting }
}

const inbound = receivedMessage('From: ann@partner.example\n\nHallo\n')
const outbound = receivedMessage(
  'Received: from pc by mail (Postfix) with ESMTPSA id 4dLkX12Zz8z3\nFrom: bob@kanzlei.example\n\nHallo\n',
  { direction: 'outbound', sender: 'bob@kanzlei.example', recipients: ['ann@partner.example'] },
)

describe('a message from outside', () => {
  it('is accepted, recorded and logged with addends that sum to the score', async () => {
    const { answer, records, events } = gatewayWith()
    expect(await answer(inbound)).toEqual({ kind: 'accept', edits: [] })
    const [record] = records
    expect(record).toMatchObject({
      id: inbound.id,
      answer: 'accept',
      policyGeneration: 7,
      author: 'ann@partner.example',
    })
    const points = record?.trust?.signals.reduce((sum, signal) => sum + signal.points, 0)
    expect(points).toBe(record?.trust?.score)
    expect(events.map(({ event }) => event)).toEqual(['decided'])
  })

  for (const [what, changed, marked] of [
    ['in the middle zone', { ...facts, authentication: doubtful }, true],
    ['that could not be scanned', { ...facts, scan: { kind: 'unknown', reason: 'scanner down' } }, false],
  ] as const) {
    it(`${what} ${marked ? 'is' : 'is not'} remembered as asked to come again`, async () => {
      const keys: string[] = []
      const { answer } = gatewayWith({
        gatherFacts: async (message) => ({
          facts: changed,
          opened: { message, protection: noProtection, brought: [] },
          sender: nothingRecalled(1).sender,
        }),
        effects: {
          first: async (key) => keys.push(key) > 0,
          done: async () => false,
          at: async () => undefined,
        },
      })
      expect(await answer(inbound)).toMatchObject({ kind: 'refuse', reply: { code: 451 } })
      expect(keys.filter((key) => key.startsWith('asked to come again'))).toHaveLength(marked ? 1 : 0)
    })
  }

  it('is never accepted without a record', async () => {
    const { answer } = gatewayWith({
      decisions: { add: () => Promise.reject(new Error('database is gone')) },
    })
    expect(await answer(inbound)).toMatchObject({ kind: 'refuse', reply: { code: 451 } })
  })

  it('is deferred when anything unforeseen happens, and the words tell nothing of the inside', async () => {
    const { answer, events, records } = gatewayWith({
      gatherFacts: () => Promise.reject(new Error('secret detail')),
    })
    const answered = await answer(inbound)
    expect(answered).toMatchObject({ kind: 'refuse', reply: { code: 451, enhancedStatus: '4.3.0' } })
    expect(JSON.stringify(answered)).not.toContain('secret')
    expect(events).toMatchObject([{ event: 'failed', error: 'secret detail' }, { event: 'decided' }])
    expect(records).toMatchObject([
      { answer: '451 4.3.0', outcomes: [{ outcome: 'defer: Internal error, try again later' }] },
    ])
  })

  it('is answered 4xx when a step hangs and the MTA gives up, even if the step does not heed its signal', async () => {
    const gone = new AbortController()
    const { answer } = gatewayWith({ gatherFacts: () => new Promise(() => {}) })
    const answered = answer(inbound, gone.signal)
    gone.abort()
    expect(await answered).toMatchObject({ kind: 'refuse', reply: { code: 451 } })
  })

  it('is judged by the policies it began with, though a reload comes meanwhile', async () => {
    let asked = 0
    const { answer, records } = gatewayWith({ rules: () => ({ ...rules, generation: 7 + asked++ }) })
    await answer(inbound)
    expect(records[0]?.policyGeneration).toBe(7)
    expect(asked).toBe(1)
  })
})

describe('a message of ours', () => {
  it('waits in the queue, under the id of the hop before us, for a recipient without any way', async () => {
    const { answer, waiting, learned } = gatewayWith()
    expect(await answer(outbound)).toMatchObject({
      kind: 'refuse',
      reply: {
        code: 451,
        enhancedStatus: '4.7.1',
        lines: ['waiting for the recipient to choose a password'],
      },
    })
    expect(waiting).toEqual(['ann@partner.example 4dLkX12Zz8z3'])
    expect(learned).toEqual([])
  })

  const toneDown: PolicySet = { ...rules, outbound: new Map([['default', { protection: ['tls'] }]]) }

  it('teaches trust once it may leave, under a key that a repetition shares', async () => {
    const { answer, learned, waiting } = gatewayWith({ rules: () => toneDown })
    await answer(outbound)
    await answer({ ...outbound, queueId: 'another' })
    expect(new Set(learned).size).toBe(1)
    expect(learned[0]).toContain('bob@kanzlei.example -> ann@partner.example')
    expect(waiting).toContain('gone ann@partner.example 4dLkX12Zz8z3')
  })

  it('waits no more once a policy refuses it', async () => {
    const refusing: PolicySet = { ...rules, outbound: new Map([['default', { otherwise: 'reject' }]]) }
    const { answer, waiting } = gatewayWith({ rules: () => refusing })
    expect(await answer(outbound)).toMatchObject({ kind: 'refuse', reply: { code: 550 } })
    expect(waiting).toEqual(['gone ann@partner.example 4dLkX12Zz8z3'])
  })

  it('to a colleague teaches nothing', async () => {
    const { answer, learned } = gatewayWith({ rules: () => toneDown })
    await answer({ ...outbound, recipients: ['carol@kanzlei.example'] })
    expect(learned).toEqual([])
  })

  for (const [whose, sender, asked] of [
    ['of its author', 'Bob@KANZLEI.example', 'bob@kanzlei.example'],
    ['of a colleague whose name the sender wrote into From', 'carol@kanzlei.example', undefined],
    ['of anybody, when nobody sent it', '', undefined],
  ] as const) {
    it(`is ${asked ? '' : 'not '}signed with the certificate ${whose}`, async () => {
      const authors: (string | undefined)[] = []
      const { answer } = gatewayWith({
        rules: () => toneDown,
        findSigners: async (author) => {
          authors.push(author)
          return { smime: undefined, openpgp: undefined }
        },
      })
      await answer({ ...outbound, sender })
      expect(authors).toEqual([asked])
    })
  }

  it('is refused when it would go by our own domain to another', async () => {
    const { answer } = gatewayWith({
      rules: () => ({ ...rules, outbound: new Map([['kanzlei.example', { protection: ['none'] }]]) }),
    })
    expect(await answer({ ...outbound, recipients: ['ann%partner.example@kanzlei.example'] })).toMatchObject({
      kind: 'refuse',
      reply: { code: 550, enhancedStatus: '5.1.3' },
    })
  })

  it('is refused when an address could be read in two ways', async () => {
    const { answer } = gatewayWith({ rules: () => toneDown })
    expect(await answer({ ...outbound, recipients: ['"a@evil.example"@partner.example'] })).toMatchObject({
      kind: 'refuse',
      reply: { code: 550, enhancedStatus: '5.1.3' },
    })
  })

  it('is recorded with flags, detectors and keys, and without a word of it', async () => {
    const detecting: PolicySet = {
      ...rules,
      outbound: new Map([['default', { protect: 'detected', protection: ['smime', 'tls'] }]]),
    }
    const { answer, records } = gatewayWith({
      rules: () => detecting,
      detectContent: async () => ['iban'],
      findWays: async () => ({ ...noWays, reasons: ['smime 3f2a set aside: expired'] }),
    })
    const flagged = receivedMessage('From: bob@kanzlei.example\nSubject: [encrypt] Geheim\n\nHallo\n', {
      direction: 'outbound',
      sender: 'bob@kanzlei.example',
      recipients: ['ann@partner.example'],
    })
    expect(await answer(flagged)).toMatchObject({ kind: 'accept' })
    expect(records[0]?.outcomes).toEqual([
      {
        recipient: 'ann@partner.example',
        outcome: 'tls',
        reasons: ['flag encrypt', 'detected iban', 'smime 3f2a set aside: expired'],
      },
    ])
    expect(JSON.stringify(records)).not.toContain('Geheim')
  })

  for (const [whom, named, expected] of [
    ['its recipient leaves as it is', 'bob-rsa', { byAuthor: true, sign: false }],
    ['somebody else is encrypted again', 'alice-rsa', { byAuthor: false, protection: 'smime' }],
  ] as const) {
    it(`that its author encrypted to ${whom}`, async () => {
      const treatments: unknown[] = []
      const { issuer, serialNumber } = testCertificate(named)
      const { answer } = gatewayWith({
        inspectOutbound: async () => ({
          author: {
            kind: 'encrypted',
            format: 'smime',
            identifiers: [{ kind: 'issuerAndSerialNumber', issuer, serialNumber }],
          },
          isCalendar: false,
        }),
        findWays: async () => ({
          ...noWays,
          certificates: [{ certificate: testCertificate('bob-rsa'), capabilities: [], isDomain: false }],
        }),
        protect: async (_, { treatment }) => {
          treatments.push(treatment)
          return { kind: 'accept', edits: [] }
        },
      })
      await answer(outbound)
      expect(treatments).toMatchObject([expected])
    })
  }

  it('keeps the reply of a protection that cannot be made, and leaves nothing unprotected', async () => {
    const { answer, learned } = gatewayWith({
      rules: () => toneDown,
      protect: () => Promise.reject(new PermanentFailure('6.0', 'Cannot be signed')),
    })
    expect(await answer(outbound)).toMatchObject({
      kind: 'refuse',
      reply: { code: 550, lines: ['Cannot be signed'] },
    })
    expect(learned).toEqual([])
  })
})
