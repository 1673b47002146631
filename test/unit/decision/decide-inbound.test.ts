import { describe, expect, it } from 'vitest'
import { decideInbound, type InboundQuestion } from '../../../src/decision/decide-inbound.ts'
import {
  type AuthenticationFacts,
  type ClosedReason,
  type InboundFacts,
  noProtection,
  unaskedFacts,
} from '../../../src/message/facts.ts'
import { builtInInbound } from '../../../src/policy/find-policy.ts'

const authentication: AuthenticationFacts = {
  author: { address: 'ann@partner.example', domain: 'partner.example' },
  spf: { result: 'pass', domain: 'partner.example', aligned: true },
  dkim: [],
  dmarc: { result: 'none', policy: undefined },
  arc: 'none',
}
const facts: InboundFacts = {
  authentication,
  scan: { kind: 'clean', signatures: 'x' },
  files: [],
  office: [],
  relations: [],
  ...unaskedFacts,
  ownDomain: false,
  ambiguities: [],
  protection: noProtection,
}
const question: InboundQuestion = {
  facts,
  trust: { score: 0, signals: [], range: { lowest: 0, highest: 0 } },
  policy: builtInInbound,
  block: undefined,
  reference: 'K7Q2M8R4T6W1X3Y5',
  organization: { name: 'Kanzlei Müller', telephone: '+49 9721 0000' },
  cameBack: false,
}
const scored = (score: number, lowest = score, highest = score, signal = 'NO_AUTHENTICATION') => ({
  trust: { score, signals: [{ name: signal, points: score, evidence: '' }], range: { lowest, highest } },
})
const unproven = { spf: { ...authentication.spf, result: 'none', aligned: false } } as const
const noAnswer = {
  spf: { ...authentication.spf, result: 'temperror' },
  dmarc: { result: 'temperror', policy: undefined },
} as const

/** Facts with another authentication. */
const by = (change: Partial<AuthenticationFacts>, rest: Partial<InboundFacts> = {}) => ({
  facts: { ...facts, ...rest, authentication: { ...authentication, ...change } },
})
const scan = (result: InboundFacts['scan']) => ({ facts: { ...facts, scan: result } })
const infected = scan({ kind: 'infected', name: 'Win.Test', signatures: 'x' })
const unscanned = scan({ kind: 'unknown', reason: 'virus scanner: down' })

describe('a message', () => {
  for (const [what, change, kind, reply] of [
    ['in order', {}, 'deliver', undefined],
    ['just trusted enough', scored(-10), 'deliver', undefined],
    ['a little below', scored(-11), 'defer', '451 4.7.1'],
    ['at the lower threshold', scored(-30), 'defer', '451 4.7.1'],
    ['below it', scored(-31), 'reject', '550 5.7.1'],
    ['below it by a forged author', scored(-60, -60, -60, 'DMARC'), 'reject', '550 5.7.26'],
    ['in between that came back as asked', { ...scored(-11), cameBack: true }, 'reject', '550 5.7.1'],
    ['with malware', infected, 'reject', '554 5.7.1'],
    ['with malware of our best partner', { ...infected, ...scored(100) }, 'reject', '554 5.7.1'],
    ['that could not be scanned', unscanned, 'defer', '451 4.3.0'],
    ['of our best partner that could not be scanned', { ...unscanned, ...scored(100) }, 'defer', '451 4.3.0'],
    ['refused anyway that could not be scanned', { ...unscanned, ...scored(-60) }, 'reject', '550 5.7.1'],
    [
      'of a blocked sender',
      { block: { sender: 'partner.example', reason: 'x' }, ...scored(100) },
      'reject',
      '550 5.7.1',
    ],
    ['without one author', by({ author: undefined }), 'reject', '550 5.6.0'],
    ['of our own domain without proof', by(unproven, { ownDomain: true }), 'reject', '550 5.7.26'],
    ['of our own domain with proof', by({}, { ownDomain: true }), 'deliver', undefined],
    ['of our own domain while the DNS is down', by(noAnswer, { ownDomain: true }), 'defer', '451 4.4.3'],
    [
      'whose unknown SPF could bring it down',
      { ...by({ spf: noAnswer.spf }), ...scored(0, -15, 5) },
      'defer',
      '451 4.7.24',
    ],
    [
      'whose unknown DMARC could bring it down',
      { ...by(noAnswer), ...scored(0, -75, 5) },
      'defer',
      '451 4.4.3',
    ],
    [
      'whose unknown SPF changes nothing',
      { ...by({ spf: noAnswer.spf }), ...scored(5, -10, 5) },
      'deliver',
      undefined,
    ],
    [
      'whose unknown DKIM cannot save it',
      { ...by(noAnswer), ...scored(-60, -80, -40) },
      'reject',
      '550 5.7.1',
    ],
  ] as const) {
    it(`${what}: ${kind} ${reply ?? ''}`, () => {
      const outcome = decideInbound({ ...question, ...change } as InboundQuestion)
      expect(outcome.kind).toBe(kind)
      if (outcome.kind !== 'deliver')
        expect(`${outcome.reply.code} ${outcome.reply.enhancedStatus}`).toBe(reply)
    })
  }

  it('counts as asked to come again only between the thresholds, not for a fault of ours', () => {
    expect(decideInbound({ ...question, ...scored(-11) })).toMatchObject({ comeAgain: true })
    expect(decideInbound({ ...question, ...unscanned })).toMatchObject({ comeAgain: false })
    const undecided = { ...by(noAnswer), ...scored(0, -75, 5) }
    expect(decideInbound({ ...question, ...undecided })).toMatchObject({ comeAgain: false })
  })

  it('is refused for every recipient only by what no relation outweighs', () => {
    expect(decideInbound({ ...question, ...infected })).toMatchObject({ hard: true })
    expect(decideInbound({ ...question, ...scored(-31) })).toMatchObject({ hard: false })
  })

  it('is refused with the telephone number of its recipient', () => {
    const policy = { ...question.policy, telephone: '+49 9721 1234' }
    const outcome = decideInbound({ ...question, ...scored(-31), policy })
    expect(outcome.kind === 'reject' && outcome.reply.lines.join()).toContain('+49 9721 1234')
  })
})

describe('a box that nobody here can look into', () => {
  const closed = (reason: ClosedReason) => ({
    facts: {
      ...facts,
      protection: {
        ...noProtection,
        encryption: 'closed' as const,
        layers: [{ kind: 'closed', format: 'smime', reason } as const],
      },
    },
  })
  for (const [reason, kind] of [
    ['no-key', 'reject'],
    ['unsupported', 'reject'],
    ['too-large', 'reject'],
    ['not-alone', 'reject'],
    // Whether a changed ciphertext decrypts is not for the sender to know.
    ['damaged', 'deliver'],
  ] as const) {
    it(`is ${kind === 'deliver' ? 'delivered' : 'refused'} where policy refuses boxes and it is ${reason}`, () => {
      const policy = { ...builtInInbound, undecryptable: 'reject' as const }
      expect(decideInbound({ ...question, ...closed(reason), policy }).kind).toBe(kind)
      expect(decideInbound({ ...question, ...closed(reason) }).kind).toBe('deliver')
    })
  }

  it('is told to the sender with what he can do, and refuses nothing that a colleague takes', () => {
    const policy = { ...builtInInbound, undecryptable: 'reject' as const }
    const outcome = decideInbound({ ...question, ...closed('no-key'), policy })
    expect(outcome).toMatchObject({ hard: false, reply: { code: 550, enhancedStatus: '5.7.5' } })
    expect(outcome.kind === 'reject' && outcome.reply.lines?.join(' ')).toContain('current certificate')
  })
})
