import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  type AuthenticationFacts,
  type AuthenticationResult,
  type InboundFacts,
  noProtection,
  unaskedFacts,
} from '../../../src/message/facts.ts'
import { assessTrust, type TrustQuestion } from '../../../src/trust/assess-trust.ts'

const stranger = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }
const partner = {
  pair: 1,
  address: 1,
  domain: 1,
  firstAt: Date.UTC(2024, 2, 1),
  lastAt: Date.UTC(2026, 10, 1),
}
const colleague = { ...partner, pair: 0 }
const sameFirm = { ...partner, pair: 0, address: 0 }

const nothing: AuthenticationFacts = {
  author: { address: 'ann@partner.example', domain: 'partner.example' },
  spf: { result: 'none', domain: 'partner.example', aligned: true },
  dkim: [],
  dmarc: { result: 'none', policy: undefined },
  arc: 'none',
}
const signature = (
  result: AuthenticationResult,
  change: Partial<AuthenticationFacts['dkim'][number]> = {},
) => ({
  result,
  domain: 'partner.example',
  selector: 's',
  aligned: true,
  bodyLengthLimited: false,
  ...change,
})
const spf = (result: AuthenticationResult, domain = 'partner.example') => ({
  spf: { result, domain, aligned: domain === 'partner.example' },
})
const dkim = (result: AuthenticationResult) => ({ dkim: [signature(result)] })
const dmarc = (result: AuthenticationResult, policy?: 'none' | 'quarantine' | 'reject') => ({
  dmarc: { result, policy },
})
const foreign = {
  ...spf('pass', 'stranger.example'),
  dkim: [signature('pass', { domain: 'stranger.example', aligned: false })],
}

function facts(change: Partial<AuthenticationFacts>): InboundFacts {
  return {
    authentication: { ...nothing, ...change },
    scan: { kind: 'clean', signatures: 'x' },
    files: [],
    office: [],
    relations: [],
    ...unaskedFacts,
    ownDomain: false,
    ambiguities: [],
    protection: noProtection,
  }
}
const question: TrustQuestion = {
  message: { sender: 'ann@partner.example', clientAddress: '192.0.2.1' },
  relation: stranger,
  lists: {},
  cameBack: false,
}

describe('the trust in a message', () => {
  for (const [what, relation, change, score] of [
    [
      'of a stranger with everything in order',
      stranger,
      { ...spf('pass'), ...dkim('pass'), ...dmarc('pass', 'reject') },
      5,
    ],
    ['of a stranger with SPF only', stranger, spf('pass'), 0],
    ['of a stranger with nothing at all', stranger, {}, -6],
    ['of a stranger whose only signature is broken', stranger, dkim('fail'), -6],
    ['of a stranger with SPF softfail', stranger, spf('softfail'), -6],
    ['of a stranger with SPF fail', stranger, spf('fail'), -15],
    ['of a stranger that was forwarded, signature intact', stranger, { ...spf('fail'), ...dkim('pass') }, 5],
    ['that fails a DMARC policy of none', stranger, { ...foreign, ...dmarc('fail', 'none') }, -15],
    [
      'that fails a DMARC policy of quarantine',
      stranger,
      { ...foreign, ...dmarc('fail', 'quarantine') },
      -35,
    ],
    ['that fails a DMARC policy of reject', stranger, { ...foreign, ...dmarc('fail', 'reject') }, -60],
    ['of a partner by DKIM', partner, dkim('pass'), 35],
    ['of a partner by SPF', partner, spf('pass'), 24],
    ['of a partner with DMARC', partner, { ...spf('pass'), ...dmarc('pass', 'none') }, 29],
    ['of a partner of forty mails', { ...partner, pair: 40 }, dkim('pass'), 50],
    ['of a partner of a colleague', colleague, dkim('pass'), 30],
    ["of a partner's colleague", sameFirm, dkim('pass'), 17],
    ['of a partner long forgotten', { ...stranger, pair: 0.1, address: 0.1, domain: 0.1 }, dkim('pass'), 5],
    ['of a partner who never authenticates', partner, {}, -6],
    [
      'of a partner whose signature covers the first bytes',
      partner,
      { dkim: [signature('policy', { bodyLengthLimited: true })] },
      -51,
    ],
    ['in the name of a partner that signs', partner, { ...foreign, dkim: [signature('fail')] }, -45],
    ['in the name of a partner with DMARC none', partner, { ...foreign, ...dmarc('fail', 'none') }, -60],
    ['in the name of a partner with DMARC reject', partner, { ...foreign, ...dmarc('fail', 'reject') }, -100],
    ['in the name of a partner with SPF', partner, spf('fail'), -50],
    [
      'in the name of a partner with SPF, from a foreign sender',
      partner,
      { ...foreign, authorPublishesSpf: true },
      -35,
    ],
    ["in the name of a partner's colleague", sameFirm, { ...foreign, ...dmarc('fail', 'reject') }, -100],
    ['when the DNS is down', stranger, { ...spf('temperror'), ...dmarc('temperror') }, 0],
    ['of a partner when the DNS is down', partner, { ...spf('temperror'), ...dmarc('temperror') }, 0],
  ] as const) {
    it(`${what} is ${score}`, () => {
      expect(assessTrust(facts(change), { ...question, relation }).score).toBe(score)
    })
  }

  it('does not spread among the users of a free mail provider', () => {
    const author = { address: 'ann@gmx.de', domain: 'gmx.de' }
    const relation = { ...sameFirm, domain: 500 }
    expect(assessTrust(facts({ author, ...dkim('pass') }), { ...question, relation }).score).toBe(5)
    const forged = assessTrust(facts({ author, ...dmarc('fail', 'none') }), { ...question, relation })
    expect(forged.signals.map(({ name }) => name)).not.toContain('DOWNGRADE')
  })

  for (const [what, sender, change, points] of [
    ['the address of an authenticated author', 'ann@partner.example', dkim('pass'), 40],
    ['the address of an author by SPF', 'ann@partner.example', spf('pass'), 32],
    ['the address of an author that proves nothing', 'ann@partner.example', {}, undefined],
    ['the domain of an author that is forged', 'partner.example', dmarc('fail', 'none'), undefined],
    ["the client's address", '192.0.2.1', {}, 40],
    ["the client's network", '2001:db8::/32', {}, 40],
  ] as const) {
    it(`counts ${points ?? 'nothing'} for the allow list entry of ${what}`, () => {
      const lists = { allow: { sender, points: 40, reason: 'x' } }
      const { signals } = assessTrust(facts(change), { ...question, lists })
      expect(signals.find(({ name }) => name === 'ALLOW_LIST')?.points).toBe(points)
    })
  }

  it('is gone for who stands on the block list', () => {
    const lists = { block: { sender: 'partner.example', reason: 'x' } }
    expect(assessTrust(facts(dkim('pass')), { ...question, lists }).score).toBe(-95)
  })

  it('grows when a server came back as asked, not when it failed authentication', () => {
    expect(assessTrust(facts({}), { ...question, cameBack: true }).score).toBe(6)
    expect(assessTrust(facts(spf('fail')), { ...question, cameBack: true }).score).toBe(-15)
  })

  it('tells the best and the worst case of what could not be found out', () => {
    const unknown = facts({ ...spf('pass', 'stranger.example'), ...dmarc('temperror') })
    expect(assessTrust(unknown, question)).toMatchObject({ score: 0, range: { lowest: -60, highest: 5 } })
    expect(assessTrust(facts(dkim('pass')), { ...question, relation: partner }).range).toEqual({
      lowest: 35,
      highest: 35,
    })
    const harmless = facts({ ...spf('temperror'), ...dkim('pass'), ...dmarc('pass', 'reject') })
    expect(assessTrust(harmless, question).range).toEqual({ lowest: 5, highest: 5 })
  })
})

const results = fc.constantFrom<AuthenticationResult>(
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'temperror',
  'permerror',
  'policy',
)
const anyFacts = fc.record({
  author: fc.constantFrom(nothing.author, undefined),
  spf: fc.record({
    result: results,
    domain: fc.constantFrom('partner.example', 'x.example', undefined),
    aligned: fc.boolean(),
  }),
  dkim: fc.array(
    fc.record({
      result: results,
      domain: fc.constantFrom('partner.example', 'x.example'),
      selector: fc.constant('s'),
      aligned: fc.boolean(),
      bodyLengthLimited: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  dmarc: fc.record({
    result: results,
    policy: fc.constantFrom('none' as const, 'quarantine' as const, 'reject' as const, undefined),
  }),
  arc: results,
})
const count = fc.double({ min: 0, max: 1000, noNaN: true })
const anyRelation = fc.record({
  pair: count,
  address: count,
  domain: count,
  firstAt: fc.constant(undefined),
  lastAt: fc.constant(undefined),
})

test('the points add up to the score, which stays on the scale and in its range', () => {
  fc.assert(
    fc.property(anyFacts, anyRelation, fc.boolean(), (authentication, relation, cameBack) => {
      const { score, signals, range } = assessTrust(facts(authentication), {
        ...question,
        relation,
        cameBack,
      })
      expect(signals.reduce((sum, { points }) => sum + points, 0)).toBe(score)
      expect(Math.abs(score)).toBeLessThanOrEqual(100)
      expect(range.lowest).toBeLessThanOrEqual(score)
      expect(range.highest).toBeGreaterThanOrEqual(score)
    }),
  )
})

test('whatever we know of the author, a mail that proves nothing gains nothing by it', () => {
  const unproven = anyFacts.map((authentication) => ({
    ...authentication,
    dkim: authentication.dkim.map((one) => ({ ...one, aligned: false })),
    spf: { ...authentication.spf, aligned: false },
  }))
  fc.assert(
    fc.property(unproven, anyRelation, (authentication, relation) => {
      const known = assessTrust(facts(authentication), { ...question, relation }).score
      expect(known).toBeLessThanOrEqual(assessTrust(facts(authentication), question).score)
    }),
  )
})
