import { describe, expect, it } from 'vitest'
import { answerInbound } from '../../../src/gateway/answer-inbound.ts'
import { ControlRefusal } from '../../../src/gateway/calls/control-server.ts'
import type { MessageToExplain } from '../../../src/gateway/calls/explain-calls.ts'
import { explainMessage, judgeAgain } from '../../../src/gateway/explain-message.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import { type InboundFacts, noProtection, unaskedFacts } from '../../../src/message/facts.ts'
import type { ReceivedMessage } from '../../../src/message/received-message.ts'
import { recordedFacts } from '../../../src/message/recorded-facts.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { PolicySet } from '../../../src/policy/policy.ts'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { receivedMessage } from '../../support/received-message.ts'

const author = { address: 'ann@partner.example', domain: 'partner.example' }
const relation = { pair: 4, address: 4, domain: 4, firstAt: 1_700_000_000_000, lastAt: undefined }
const facts: InboundFacts = {
  ...unaskedFacts,
  authentication: {
    author,
    spf: { result: 'pass', domain: 'partner.example', aligned: true, reach: 'own' },
    dkim: [],
    dmarc: { result: 'pass', policy: 'reject' },
    arc: 'none',
  },
  scan: { kind: 'clean', signatures: 'test', signaturesBuiltAt: new Date('2026-11-20') },
  files: [],
  office: [],
  relations: [relation],
  ownDomain: false,
  ambiguities: [],
  protection: noProtection,
}
const forged: InboundFacts = {
  ...facts,
  authentication: {
    ...facts.authentication,
    spf: { result: 'fail', domain: 'partner.example', aligned: false },
    dmarc: { result: 'fail', policy: 'reject' },
  },
}
const infected: InboundFacts = { ...facts, scan: { kind: 'infected', name: 'Eicar', signatures: 'test' } }
/** Between the thresholds: no proof, no reverse name. */
const doubtful: InboundFacts = {
  ...facts,
  relations: [{ pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }],
  authentication: {
    ...facts.authentication,
    spf: { result: 'none', domain: undefined, aligned: false },
    dmarc: { result: 'none', policy: undefined },
  },
  client: { reverse: 'none', looksDialUp: false, heloIsName: true },
}
const organization = { name: 'Kanzlei', telephone: '+49 30 5550100', domains: ['kanzlei.example'] }
const now = () => new Date('2026-11-21T12:00:00Z')
const mail =
  'Return-Path: <bounce@partner.example>\nFrom: Ann <ann@partner.example>\nTo: Bob <bob@kanzlei.example>, x@else.example\nSubject: Hallo\n\nText\n'
const question = (change: Partial<MessageToExplain> = {}): MessageToExplain => ({
  message: Buffer.from(mail).toString('base64'),
  recipients: [],
  ...change,
})

function explaining(found: InboundFacts, rules: PolicySet = builtInPolicies) {
  const asked: (ReceivedMessage & { readonly text: string })[] = []
  const parts = {
    gateway: {
      organization,
      rules: () => rules,
      gatherFacts: (async (message: ReceivedMessage) => {
        asked.push({ ...message, text: Buffer.from(message.source.read(0, 1000)).toString() })
        return { facts: found, opened: { message, protection: noProtection, brought: [] }, sender: undefined }
      }) as unknown as Gateway['gatherFacts'],
    },
    effects: { at: async () => undefined, done: async () => false },
    now,
    newId: () => 'AAAA-BBBB-CCCC',
    openWorkspace: () => openWorkspace('/nowhere', { memoryLimit: 1e6, sizeLimit: 1e6 }),
  }
  return { parts, asked }
}

describe('the message in a file', () => {
  it('is judged as it would arrive: CRLF, whom its header names, and what was said of the client', async () => {
    const { parts, asked } = explaining(facts)
    const explained = await explainMessage(
      question({ clientAddress: '192.0.2.1', clientName: 'mail.partner.example' }),
      parts,
    )
    const [message] = asked
    expect(message?.text).toBe(mail.replaceAll('\n', '\r\n'))
    expect(message).toMatchObject({
      sender: 'bounce@partner.example',
      recipients: ['bob@kanzlei.example'],
      client: { address: '192.0.2.1', helo: 'mail.partner.example', reverse: 'verified' },
      receivedAt: now(),
    })
    expect(explained).toMatchObject({ outcome: 'deliver', reply: undefined, author: author.address })
  })

  it('has the sender and the recipients that were given instead', async () => {
    const { parts, asked } = explaining(facts)
    await explainMessage(question({ sender: '', recipients: ['eve@kanzlei.example'] }), parts)
    expect(asked[0]).toMatchObject({ sender: '', recipients: ['eve@kanzlei.example'] })
  })

  it('without a recipient of ours is not judged at all', async () => {
    const message = Buffer.from('From: a@b.example\nTo: c@d.example\n\n').toString('base64')
    await expect(explainMessage(question({ message }), explaining(facts).parts)).rejects.toThrow(
      ControlRefusal,
    )
  })

  for (const [what, found] of Object.entries({ facts, forged, infected, doubtful })) {
    it(`gets the verdict, addends and reply code of the live way (${what})`, async () => {
      const { parts } = explaining(found)
      const records: DecisionRecord[] = []
      const live = {
        ...parts.gateway,
        now,
        log: () => {},
        decisions: { add: async (record: DecisionRecord) => void records.push(record) },
        memory: { learnAccepted: async () => {}, learnRefused: async () => {} },
        effects: { first: async () => true, done: async () => false, at: async () => undefined },
        deliverInbound: async () => ({ kind: 'accept', edits: [] }),
        harvest: async () => {},
      } as unknown as Gateway
      const message = receivedMessage(mail, { sender: 'bounce@partner.example' })
      const workspace = parts.openWorkspace()
      const answer = await answerInbound(message, builtInPolicies, live, workspace, AbortSignal.timeout(9000))
      const explained = await explainMessage(question({ clientAddress: '192.0.2.1' }), parts)
      const [record] = records
      expect(explained.trust.score).toBe(record?.trust?.score)
      expect(explained.trust.signals).toEqual(record?.trust?.signals)
      expect(explained.reply?.code).toBe(answer.kind === 'refuse' ? answer.reply.code : undefined)
      expect(explained.reply?.enhancedStatus).toBe(
        answer.kind === 'refuse' ? answer.reply.enhancedStatus : undefined,
      )
      const sum = explained.trust.signals.reduce((points, signal) => points + signal.points, 0)
      expect(sum).toBe(explained.trust.score)
      // The record says the same after it was stored as JSON.
      const stored = JSON.parse(JSON.stringify(record)) as DecisionRecord
      expect(judgeAgain(stored, parts)?.trust).toEqual(explained.trust)
      expect(judgeAgain(stored, parts)?.outcome).toBe(explained.outcome)
    })
  }

  it('of a sender who was asked to come again counts as his return', async () => {
    const { parts } = explaining(doubtful)
    expect(await explainMessage(question(), parts)).toMatchObject({ cameBack: false, reply: { code: 451 } })
    const asked = new Date(now().getTime() - 10 * 60_000)
    const effects = {
      done: async () => true,
      at: async (key: string) => (key.startsWith('asked to come again') ? asked : undefined),
    }
    expect(await explainMessage(question(), { ...parts, effects })).toMatchObject({ cameBack: true })
  })
})

describe('a stored decision', () => {
  const record = (judged: DecisionRecord['judged']): DecisionRecord => ({
    ...{ id: 'A', at: now(), direction: 'inbound', queueId: undefined, clientAddress: '192.0.2.1' },
    ...{ sender: author.address, author: author.address, recipients: ['bob@kanzlei.example'] },
    ...{ answer: 'accept', trust: undefined, outcomes: [], policyGeneration: 1, milliseconds: 1 },
    judged,
  })

  it('is judged again by the policies and lists of today', () => {
    const judged = { facts: recordedFacts(facts), cameBack: false, dnsGivenUp: false }
    expect(judgeAgain(record(judged), explaining(facts).parts)?.outcome).toBe('deliver')
    const today = {
      ...builtInPolicies,
      generation: 9,
      block: [{ sender: 'partner.example', reason: 'quarrel' }],
    }
    const again = judgeAgain(record(judged), explaining(facts, today).parts)
    expect(again).toMatchObject({ outcome: expect.stringContaining('reject'), policyGeneration: 9 })
  })

  it('of our own mail, or from before facts were kept, cannot be judged again', () => {
    expect(judgeAgain(record(undefined), explaining(facts).parts)).toBeUndefined()
  })

  it('names no file and keeps no time of the scanner', () => {
    const office = { kind: 'office', fileName: 'Geheim.docx', office: 'docx', bytes: 1 } as const
    const flags = { macros: false, encrypted: false, externalLinks: false }
    const kept = recordedFacts({
      ...facts,
      office: [{ ...office, ...flags, path: [1] }],
      files: [{ path: [1], signed: false, file: { ...office, ...flags } }],
      forbidden: [{ fileName: 'Geheim.exe', type: 'executable' }],
    })
    expect(JSON.stringify(kept)).not.toContain('Geheim')
    expect(JSON.stringify(kept)).not.toContain('2026-11-20')
    expect(kept.forbidden).toMatchObject([{ type: 'executable' }])
  })
})
