import { describe, expect, it } from 'vitest'
import { decideInbound, type InboundQuestion } from '../../../src/decision/decide-inbound.ts'
import type { AuthenticationFacts, ClosedReason, InboundFacts } from '../../../src/message/facts.ts'
import { noProtection } from '../../../src/message/facts.ts'
import { builtInInbound } from '../../../src/policy/find-policy.ts'
import type { InboundPolicy } from '../../../src/policy/policy.ts'
import {
  bySpf,
  inboundFacts,
  inboundQuestion as question,
  scored as score,
  stranger,
  unauthenticated,
} from '../../support/inbound-facts.ts'

const scored = (...given: Parameters<typeof score>) => ({ trust: score(...given) })
const noAnswer = {
  spf: { ...bySpf.spf, result: 'temperror' },
  dmarc: { result: 'temperror', policy: undefined },
} as const

/** A question about facts with another authentication. */
const by = (change: Partial<AuthenticationFacts>, rest: Partial<InboundFacts> = {}) => ({
  facts: inboundFacts({ ...bySpf, ...change }, rest),
})
const having = (rest: Partial<InboundFacts>) => ({ facts: inboundFacts(bySpf, rest) })
const infected = having({ scan: { kind: 'infected', name: 'Win.Test', signatures: 'x' } })
const unscanned = having({ scan: { kind: 'unknown', reason: 'virus scanner: down' } })
const program = having({ forbidden: [{ fileName: 'rechnung.pdf.exe', type: 'executable' }] })
const allowing = (forbiddenTypes: InboundPolicy['forbiddenTypes']) => ({
  policy: { ...question.policy, forbiddenTypes },
})
const unscored = having({ content: { kind: 'unknown', reason: 'rspamd: no answer' } })
const deferring = { policy: { ...question.policy, scorerDown: 'defer' as const } }
const fromNobody = { message: { ...question.message, sender: '' } }
const report = (ours: boolean | undefined) => ({
  ...fromNobody,
  ...having({ reply: { match: 'none', ours } }),
})
const shared = { ...bySpf.spf, reach: 'shared' } as const
const open = { ...bySpf.spf, reach: 'open' } as const
const listed = { block: { sender: 'partner.example', reason: 'x' } }
const allowedByName = {
  trust: { ...score(0), signals: [{ name: 'ALLOW_LIST', points: 40, evidence: '', words: '' }] },
}

describe('a message', () => {
  for (const [what, change, kind, reply] of [
    ['in order', {}, 'deliver', undefined],
    ['just trusted enough', scored(-10), 'deliver', undefined],
    ['a little below', scored(-11), 'defer', '451 4.7.1'],
    ['at the lower threshold', scored(-30), 'defer', '451 4.7.1'],
    ['below it', scored(-31), 'reject', '550 5.7.1'],
    ['below it by a forged author', scored(-60, { signal: 'DMARC' }), 'reject', '550 5.7.26'],
    ['below it by a foreign server', scored(-60, { signal: 'SPF' }), 'reject', '550 5.7.23'],
    ['below it by a forged partner', scored(-60, { signal: 'DOWNGRADE' }), 'reject', '550 5.7.26'],
    ['below it by a list', scored(-60, { signal: 'STRONG_LIST' }), 'reject', '550 5.7.1'],
    ['below it by a server without a name', scored(-60, { signal: 'SERVER_NAME' }), 'reject', '550 5.7.25'],
    ['in between that came back as asked', { ...scored(-11), cameBack: true }, 'reject', '550 5.7.1'],
    ['with malware', infected, 'reject', '554 5.7.1'],
    ['with malware of our best partner', { ...infected, ...scored(100) }, 'reject', '554 5.7.1'],
    ['with a program of our best partner', { ...program, ...scored(100) }, 'reject', '550 5.7.1'],
    ['with a program that the policy lets in', { ...program, ...allowing(['script']) }, 'deliver', undefined],
    ['whose content got no score', unscored, 'deliver', undefined],
    ['whose content got no score, where that matters', { ...unscored, ...deferring }, 'defer', '451 4.3.0'],
    ['that could not be scanned', unscanned, 'defer', '451 4.3.0'],
    ['of our best partner that could not be scanned', { ...unscanned, ...scored(100) }, 'defer', '451 4.3.0'],
    ['refused anyway that could not be scanned', { ...unscanned, ...scored(-60) }, 'reject', '550 5.7.1'],
    ['of a blocked sender', { ...listed, ...scored(100) }, 'reject', '550 5.7.1'],
    ['without one author', by({ author: undefined }), 'reject', '550 5.6.0'],
    ['of our own domain without proof', by(unauthenticated, { ownDomain: true }), 'reject', '550 5.7.26'],
    ['of our own domain with proof', by({}, { ownDomain: true }), 'deliver', undefined],
    ['of our own domain by shared servers', by({ spf: shared }, { ownDomain: true }), 'deliver', undefined],
    ['of our own domain by a record for all', by({ spf: open }, { ownDomain: true }), 'reject', '550 5.7.26'],
    [
      'of our own domain from a learned origin',
      by(unauthenticated, {
        ownDomain: true,
        history: { ...having({}).facts.history, learnedOrigin: true, healing: true },
      }),
      'reject',
      '550 5.7.26',
    ],
    [
      'of our own domain by our scanner',
      { ...by(unauthenticated, { ownDomain: true }), exception: { sender: '192.0.2.1', reason: 'scanner' } },
      'deliver',
      undefined,
    ],
    ['of our own domain while the DNS is down', by(noAnswer, { ownDomain: true }), 'defer', '451 4.4.3'],
    [
      'of our own domain while the DNS is down for long',
      { ...by(noAnswer, { ownDomain: true }), dnsGivenUp: true },
      'defer',
      '451 4.4.3',
    ],
    ['that reports on a mail that we never sent', report(false), 'reject', '550 5.7.1'],
    ['that reports on a mail of ours', report(true), 'deliver', undefined],
    ['that reports on something nobody can know', report(undefined), 'deliver', undefined],
    [
      'that reports on nothing of ours, from an allowed machine',
      { ...report(false), ...allowedByName },
      'deliver',
      undefined,
    ],
    [
      'whose unknown SPF could bring it down',
      { ...by({ spf: noAnswer.spf }), ...scored(0, { lowest: -15, highest: 5 }) },
      'defer',
      '451 4.7.24',
    ],
    [
      'whose unknown DMARC could bring it down',
      { ...by(noAnswer), ...scored(0, { lowest: -75, highest: 5 }) },
      'defer',
      '451 4.4.3',
    ],
    [
      'whose unknown DMARC could bring it down, for long',
      { ...by(noAnswer), ...scored(0, { lowest: -75, highest: 5 }), dnsGivenUp: true },
      'deliver',
      undefined,
    ],
    [
      'whose unknown DMARC could save it, for long',
      { ...by(noAnswer), ...scored(-35, { lowest: -75, highest: 5 }), dnsGivenUp: true },
      'defer',
      '451 4.4.3',
    ],
    [
      'whose unknown SPF changes nothing',
      { ...by({ spf: noAnswer.spf }), ...scored(5, { lowest: -10, highest: 5 }) },
      'deliver',
      undefined,
    ],
    [
      'whose unknown DKIM cannot save it',
      { ...by(noAnswer), ...scored(-60, { lowest: -80, highest: -40 }) },
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
    const undecided = { ...by(noAnswer), ...scored(0, { lowest: -75, highest: 5 }) }
    expect(decideInbound({ ...question, ...undecided })).toMatchObject({ comeAgain: false })
  })

  it('is refused for every recipient only by what no relation outweighs', () => {
    expect(decideInbound({ ...question, ...infected })).toMatchObject({ hard: true })
    expect(decideInbound({ ...question, ...program })).toMatchObject({ hard: true })
    expect(decideInbound({ ...question, ...scored(-31) })).toMatchObject({ hard: false })
  })

  it('is refused with the telephone number of its recipient, in the order of his languages', () => {
    const policy = {
      ...question.policy,
      telephone: '+49 9721 1234',
      languages: ['en', 'de'] as ('en' | 'de')[],
    }
    const outcome = decideInbound({ ...question, ...scored(-31), policy })
    const lines = outcome.kind === 'reject' ? outcome.reply.lines : []
    expect(lines.join()).toContain('+49 9721 1234')
    expect(lines[0]).toMatch(/^REJECTED/)
    expect(lines.at(-1)).toMatch(/^NICHT ANGENOMMEN/)
  })

  it('is refused with the numbers that its sender or his administrator needs, never with our rules', () => {
    const texts = (change: Partial<InboundQuestion>) => {
      const outcome = decideInbound({ ...question, ...change })
      return outcome.kind === 'reject' ? outcome.reply.lines.join('\n') : ''
    }
    expect(texts({ ...by({}), ...scored(-60, { signal: 'SPF' }) })).toContain('192.0.2.1 - partner.example')
    const hits = [
      { list: 'weak.example', subject: 'envelope', weight: 'weak', value: '127.0.0.4' },
      {
        list: 'dnsbl.example',
        subject: 'ip',
        weight: 'strong',
        value: '127.0.0.2',
        url: 'https://dnsbl.example/192.0.2.1',
      },
    ] as const
    const onList = having({ lists: { hits, failed: [] } })
    expect(texts({ ...onList, ...scored(-60, { signal: 'STRONG_LIST' }) })).toContain(
      '192.0.2.1, https://dnsbl.example/192.0.2.1',
    )
    expect(texts(program)).toContain('nehmen wir nicht an: .exe (executable)')
    expect(texts(program)).not.toContain('rechnung')
    expect(texts({ ...scored(-37, { signal: 'CONTENT' }) })).not.toMatch(/37|CONTENT/)
  })
})

describe('a refusal that our own mail would heal', () => {
  const partner = { ...stranger, address: 1 }
  for (const [what, change, heals] of [
    ['is one for content', scored(-40, { signal: 'CONTENT' }), true],
    ['is not one by a list', scored(-40, { signal: 'STRONG_LIST' }), false],
    ['is not one for want of authentication', scored(-40, { signal: 'DMARC' }), false],
    [
      'is not one of an unproven author whom we know',
      {
        facts: inboundFacts({}, { relations: [partner] }),
        trust: { ...score(-40, { signal: 'CONTENT' }), identity: 0 },
      },
      false,
    ],
    [
      'is one of a proven author whom we know',
      { facts: inboundFacts(bySpf, { relations: [partner] }), ...scored(-40, { signal: 'CONTENT' }) },
      true,
    ],
    ['is not one for malware', infected, false],
    ['is not one of a blocked sender', listed, false],
  ] as const) {
    it(`${what}, and says so`, () => {
      const outcome = decideInbound({ ...question, ...change } as InboundQuestion)
      if (outcome.kind !== 'reject') throw new Error(outcome.kind)
      expect(outcome.heals).toBe(heals)
      expect(outcome.reply.lines.join('\n').includes('after we have written to you')).toBe(heals)
    })
  }
})

describe('a box that nobody here can look into', () => {
  const closed = (reason: ClosedReason) =>
    having({
      protection: {
        ...noProtection,
        encryption: 'closed',
        layers: [{ kind: 'closed', format: 'smime', reason }],
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

  it('inside of what our key opened is delivered: who changes a ciphertext could read its padding by the answer', () => {
    const { facts } = closed('unsupported')
    const opened = {
      kind: 'encrypted',
      format: 'smime',
      cipher: 'aes-256-cbc',
      isAuthenticated: false,
      fingerprint: '',
    } as const
    const protection = { ...facts.protection, layers: [opened, ...facts.protection.layers] }
    const policy = { ...builtInInbound, undecryptable: 'reject' as const }
    expect(decideInbound({ ...question, ...having({ protection }), policy }).kind).toBe('deliver')
  })

  it('is told to the sender with what he can do, and refuses nothing that a colleague takes', () => {
    const policy = { ...builtInInbound, undecryptable: 'reject' as const }
    const outcome = decideInbound({ ...question, ...closed('no-key'), policy })
    expect(outcome).toMatchObject({ hard: false, reply: { code: 550, enhancedStatus: '5.7.5' } })
    expect(outcome.kind === 'reject' && outcome.reply.lines?.join(' ')).toContain('current certificate')
  })
})
