import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { judgeInbound } from '../../../src/gateway/judge-inbound.ts'
import {
  type AuthenticationFacts,
  type AuthenticationResult,
  type InboundFacts,
  unaskedFacts,
} from '../../../src/message/facts.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { PolicySet } from '../../../src/policy/policy.ts'
import { inboundFacts, signatureOf, stranger } from '../../support/inbound-facts.ts'
import { type ReceivedChange, receivedMessage } from '../../support/received-message.ts'

const organization = { name: 'Kanzlei Muster', telephone: '+49 30 5550100' }
const letter = 'From: ann@partner.example\n\nHallo\n'

function judged(
  facts: InboundFacts,
  rules: Partial<PolicySet> = {},
  change: ReceivedChange = {},
  circumstances: { readonly cameBack?: boolean; readonly dnsGivenUp?: boolean } = {},
) {
  const message = receivedMessage(letter, change)
  const relations = facts.relations.length > 0 ? facts.relations : message.recipients.map(() => stranger)
  return judgeInbound(
    message,
    { ...facts, relations },
    { ...builtInPolicies, ...rules },
    {
      organization,
      cameBack: false,
      ...circumstances,
    },
  )
}

describe('a mail in our own name', () => {
  const own = inboundFacts({}, { ownDomain: true })
  const reason = 'x'
  const signedBy = (domain: string, result: AuthenticationResult = 'pass') =>
    inboundFacts({ dkim: [signatureOf(result, { domain, aligned: false })] }, { ownDomain: true })
  for (const [what, facts, entry, kind] of [
    ['is refused', own, undefined, 'reject'],
    ['is taken from a machine that may', own, { sender: '192.0.2.0/28', reason }, 'deliver'],
    ['is refused from another machine', own, { sender: '192.0.2.2', reason }, 'reject'],
    [
      'is refused from a machine that may no more',
      own,
      { sender: '192.0.2.1', reason, until: '2026-11-20' },
      'reject',
    ],
    [
      'is taken by the signature of a service',
      signedBy('pay.example'),
      { sender: 'pay.example', reason },
      'deliver',
    ],
    [
      'is refused by a broken one',
      signedBy('pay.example', 'fail'),
      { sender: 'pay.example', reason },
      'reject',
    ],
    ['is refused by that of another', signedBy('eve.example'), { sender: 'pay.example', reason }, 'reject'],
  ] as const) {
    it(`${what}${entry ? ` with an entry for ${entry.sender}` : ''}`, () => {
      expect(judged(facts, entry ? { ownDomain: [entry] } : {}).outcome.kind).toBe(kind)
    })
  }

  it('comes back by a mailing list that we believe, and by no other', () => {
    const back = inboundFacts(
      {
        dmarc: { result: 'fail', policy: 'reject' },
        forwarded: { sealers: ['list.example'], authorPassed: true },
      },
      { ownDomain: true },
    )
    expect(judged(back, { sealers: [{ domain: 'list.example', reason }] }).outcome.kind).toBe('deliver')
    expect(judged(back, { sealers: [{ domain: 'other.example', reason }] }).outcome.kind).toBe('reject')
  })

  it('of somebody else is no matter of these entries', () => {
    const failed = inboundFacts({ dmarc: { result: 'fail', policy: 'reject' } })
    expect(judged(failed, { ownDomain: [{ sender: '192.0.2.1', reason }] }).outcome.kind).toBe('reject')
  })
})

describe('a mail that was forwarded', () => {
  const failed = (sealers: readonly string[]) =>
    inboundFacts({
      dmarc: { result: 'fail', policy: 'reject' },
      arc: 'pass',
      forwarded: { sealers, authorPassed: true },
    })
  const sealers = [{ domain: 'list.example', reason: 'x' }]
  for (const [what, facts, kind] of [
    ['by whom we believe is taken', failed(['list.example']), 'deliver'],
    ['by somebody else is refused', failed(['other.example']), 'reject'],
    [
      'by whom we believe, and then by somebody else, is refused',
      failed(['list.example', 'other.example']),
      'reject',
    ],
    ['by nobody is refused', failed([]), 'reject'],
  ] as const) {
    it(what, () => expect(judged(facts, { sealers }).outcome.kind).toBe(kind))
  }
})

describe('a mail to several', () => {
  it('is judged by the best relation among them, and each of a thousand is looked at', () => {
    const recipients = Array.from({ length: 1000 }, (_, index) => `u${index}@kanzlei.example`)
    const relations = recipients.map((_, index) => (index === 777 ? { ...stranger, pair: 1 } : stranger))
    const bad = { kind: 'scored', scorer: 'x', score: 7, phishing: false } as const
    const facts = inboundFacts({ dkim: [signatureOf('pass')] }, { content: bad, relations })
    const { outcome, trust, policies } = judged(facts, {}, { recipients })
    expect(outcome.kind).toBe('deliver')
    expect(trust.earned).toBe(30)
    expect(policies).toHaveLength(1000)
    expect(
      judged({ ...facts, relations: recipients.map(() => stranger) }, {}, { recipients }).outcome.kind,
    ).toBe('reject')
  })
})

it('who proves himself is not asked to come again, and the record says so', () => {
  const weak = (list: string) => ({ list, subject: 'ip', weight: 'weak', value: '127.0.0.2' }) as const
  const facts = inboundFacts(
    { dkim: [signatureOf('pass')] },
    { lists: { hits: [weak('a'), weak('b')], failed: [] } },
  )
  const { outcome, trust } = judged(facts)
  expect(outcome.kind).toBe('deliver')
  expect(trust.signals.find(({ name }) => name === 'CAME_BACK')?.evidence).toContain('proves himself')
})

for (const [what, authentication] of [
  [
    'a signature of his own',
    { dkim: [signatureOf('temperror', { domain: 'forger.example', aligned: false })] },
  ],
  ['SPF of his own domain', { spf: { result: 'temperror', domain: 'forger.example', aligned: false } }],
  [
    'SPF of a partner with DMARC',
    {
      spf: { result: 'temperror', domain: 'partner.example', aligned: false },
      dmarc: { result: 'temperror', policy: 'reject' },
    },
  ],
] as const satisfies readonly [string, Partial<AuthenticationFacts>][]) {
  it(`who forges a partner gains nothing by keeping ${what} from coming to an answer, however often he comes`, () => {
    const history = { ...unaskedFacts.history, seen: { signed: true, spf: true, origin: false } }
    const facts = inboundFacts(authentication, { history, relations: [{ ...stranger, pair: 5 }] })
    expect(judged(facts, {}, {}, { dnsGivenUp: true }).outcome.kind).not.toBe('deliver')
  })
}

const results = fc.constantFrom<AuthenticationResult>('pass', 'fail', 'softfail', 'none', 'temperror')
const authentications: fc.Arbitrary<Partial<AuthenticationFacts>> = fc.record({
  spf: fc.record({
    result: results,
    domain: fc.constant('partner.example'),
    aligned: fc.boolean(),
    reach: fc.constantFrom('own', 'shared'),
  }),
  dkim: fc.array(
    fc
      .record({ result: results, aligned: fc.boolean() })
      .map(({ result, aligned }) => signatureOf(result, { aligned })),
    { maxLength: 2 },
  ),
  dmarc: fc.record({
    result: fc.constantFrom('pass', 'fail', 'none', 'temperror'),
    policy: fc.constantFrom('none', 'reject', undefined),
  }),
})

test('no mail is refused for good for want of answers: what is refused would be with the best of answers too', () => {
  fc.assert(
    fc.property(
      authentications,
      fc.double({ min: 0, max: 40, noNaN: true }),
      fc.double({ min: -3, max: 12, noNaN: true }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (authentication, pair, score, ownDomain, cameBack, dnsGivenUp) => {
        const rest = {
          content: { kind: 'scored', scorer: 'x', score, phishing: false },
          relations: [{ ...stranger, pair }],
          ownDomain,
        } as const
        const tries = { cameBack, dnsGivenUp }
        const { outcome } = judged(inboundFacts(authentication, rest), {}, {}, tries)
        if (outcome.kind !== 'reject') return
        const { spf, dkim = [], dmarc } = authentication
        const best = {
          spf: spf?.result === 'temperror' ? { ...spf, result: 'pass', aligned: true, reach: 'own' } : spf,
          dkim: dkim.map((each) => (each.result === 'temperror' ? { ...each, result: 'pass' } : each)),
          dmarc: dmarc?.result === 'temperror' ? { ...dmarc, result: 'pass' } : dmarc,
        } as Partial<AuthenticationFacts>
        expect(judged(inboundFacts(best, rest), {}, {}, tries).outcome.kind).toBe('reject')
      },
    ),
    { numRuns: 3000 },
  )
})
