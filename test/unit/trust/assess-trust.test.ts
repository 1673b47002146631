import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  type AuthenticationFacts,
  type AuthenticationResult,
  type HistoryFacts,
  type InboundFacts,
  type ListFacts,
  noProtection,
  unaskedFacts,
} from '../../../src/message/facts.ts'
import { assessTrust } from '../../../src/trust/assess-trust.ts'
import { criteria } from '../../../src/trust/criteria.ts'
import type { TrustQuestion } from '../../../src/trust/criterion.ts'
import { Weights } from '../../../src/trust/weights.ts'
import {
  inboundFacts as facts,
  trustQuestion as question,
  signatureOf as signature,
  stranger,
  unauthenticated,
} from '../../support/inbound-facts.ts'

const partner = {
  pair: 1,
  address: 1,
  domain: 1,
  firstAt: Date.UTC(2024, 2, 1),
  lastAt: Date.UTC(2026, 10, 1),
}
const colleague = { ...partner, pair: 0 }
const sameFirm = { ...partner, pair: 0, address: 0 }
const forty = { ...partner, pair: 40 }

const spf = (
  result: AuthenticationResult,
  domain = 'partner.example',
  reach: 'own' | 'shared' | 'open' = 'own',
) => ({
  spf: { result, domain, aligned: domain === 'partner.example', reach },
})
const dkim = (result: AuthenticationResult) => ({ dkim: [signature(result)] })
const dmarc = (result: AuthenticationResult, policy?: 'none' | 'quarantine' | 'reject') => ({
  dmarc: { result, policy },
})
const foreign = {
  ...spf('pass', 'stranger.example'),
  dkim: [signature('pass', { domain: 'stranger.example', aligned: false })],
}
const history = (change: Partial<HistoryFacts>) => ({ history: { ...unaskedFacts.history, ...change } })
const seen = (how: Partial<HistoryFacts['seen']>, change: Partial<HistoryFacts> = {}) =>
  history({ ...change, seen: { ...unaskedFacts.history.seen, ...how } })
const reply = (match: 'exact-peer' | 'colleague' | 'other') => ({ reply: { match, ours: true } })
const smime = {
  protection: {
    ...noProtection,
    signature: 'valid',
    layers: [
      {
        kind: 'signed',
        format: 'smime',
        verdict: 'valid',
        reason: 'valid',
        signer: undefined,
        signedAt: undefined,
      },
    ],
  },
} as const
const forwarded = { forwarded: { sealers: ['list.example'], authorPassed: true } }

const scoreOf = (
  authentication: Partial<AuthenticationFacts>,
  rest: Partial<InboundFacts> = {},
  change: Partial<TrustQuestion> = {},
) => assessTrust(facts(authentication, rest), { ...question, ...change }).score
const pointsOf = (
  name: string,
  authentication: Partial<AuthenticationFacts>,
  rest: Partial<InboundFacts> = {},
  change: Partial<TrustQuestion> = {},
) =>
  assessTrust(facts(authentication, rest), { ...question, ...change }).signals.find(
    (each) => each.name === name,
  )?.points

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
    ['of a partner by SPF of a large host', partner, spf('pass', 'partner.example', 'shared'), 9],
    ['of a partner by a record for everybody', partner, spf('pass', 'partner.example', 'open'), 0],
    ['of a partner with DMARC', partner, { ...spf('pass'), ...dmarc('pass', 'none') }, 29],
    ['of a partner of forty mails', forty, dkim('pass'), 50],
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
    [
      'of a partner whose signature leaves the subject open',
      partner,
      { dkim: [signature('pass', { headerIncomplete: true })] },
      -45,
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
      expect(scoreOf(change, {}, { relation })).toBe(score)
    })
  }

  for (const [what, change, rest, relation, score] of [
    ['that signed so far, and now does not', {}, seen({ signed: true }), stranger, -51],
    [
      'that signed so far, now from a shared server',
      spf('pass', 'partner.example', 'shared'),
      seen({ signed: true }),
      stranger,
      -45,
    ],
    ['that signed so far, now from its own server', spf('pass'), seen({ signed: true }), stranger, 0],
    ['that signed so far, and does', dkim('pass'), seen({ signed: true }), stranger, 5],
    ['that signed so far, now with S/MIME', {}, { ...seen({ signed: true }), ...smime }, stranger, 0],
    ['that came from its servers so far, and now does not', {}, seen({ spf: true }), stranger, -41],
    ['that came from a known network so far, and now does not', {}, seen({ origin: true }), stranger, -41],
    [
      'that came so, and comes so',
      spf('pass', 'partner.example', 'shared'),
      seen({ spf: true }),
      stranger,
      0,
    ],
    [
      'in the name of a partner that only signed, never with a record',
      {},
      seen({ signed: true }),
      partner,
      -51,
    ],
    ['that signed so far, while the DNS is down', dkim('temperror'), seen({ signed: true }), stranger, 0],
  ] as const) {
    it(`of a domain ${what} is ${score}`, () => {
      expect(scoreOf(change, rest, { relation })).toBe(score)
    })
  }

  for (const [what, change, rest, relation, points] of [
    ['whom we wrote to', dkim('pass'), reply('exact-peer'), stranger, 35],
    ['his colleague', dkim('pass'), reply('colleague'), stranger, 25],
    ['somebody else', dkim('pass'), reply('other'), stranger, 8],
    ['whom we wrote to, by SPF', spf('pass'), reply('exact-peer'), stranger, 28],
    ['whom we wrote to often', dkim('pass'), reply('exact-peer'), forty, 25],
    ['whom we wrote to, whose domain proves nothing ever', {}, reply('exact-peer'), stranger, 21],
    ['his colleague, whose domain proves nothing ever', {}, reply('colleague'), stranger, undefined],
    ['somebody with a stolen Message-ID, by SPF fail', spf('fail'), reply('exact-peer'), stranger, undefined],
    [
      'somebody with a stolen Message-ID, against DMARC',
      { ...foreign, ...dmarc('fail', 'none') },
      reply('exact-peer'),
      stranger,
      undefined,
    ],
    [
      'somebody with a stolen Message-ID, whose domain signed so far',
      {},
      { ...reply('exact-peer'), ...seen({ signed: true }) },
      stranger,
      undefined,
    ],
    [
      'somebody with a stolen Message-ID, from another network than so far',
      {},
      { ...reply('exact-peer'), ...seen({ origin: true }) },
      stranger,
      undefined,
    ],
    [
      'somebody with a stolen Message-ID, of a domain with SPF',
      { authorPublishesSpf: true },
      reply('exact-peer'),
      stranger,
      undefined,
    ],
  ] as const) {
    it(`counts ${points ?? 'nothing'} for the answer of ${what}`, () => {
      expect(pointsOf('REPLY', change, rest, { relation })).toBe(points)
    })
  }

  it('counts nothing for the answer of an unproven author by a foreign envelope sender', () => {
    const message = { ...question.message, sender: 'x@stranger.example' }
    expect(pointsOf('REPLY', {}, reply('exact-peer'), { message })).toBeUndefined()
  })

  for (const [what, change, rest, sum] of [
    ['nothing of a stranger', dkim('pass'), {}, 0],
    ['45 after healing', dkim('pass'), history({ healing: true }), 45],
    ['45 after healing for who proves nothing but his network', {}, history({ healing: true }), 45],
    ['nothing after healing where DMARC fails', dmarc('fail', 'none'), history({ healing: true }), 0],
    ['nothing after healing where SPF fails', spf('fail'), history({ healing: true }), 0],
    ['half from a learned origin', {}, { ...history({ learnedOrigin: true }), ...reply('exact-peer') }, 18],
    [
      'nothing from a learned origin against DMARC',
      dmarc('none', 'none'),
      { ...history({ learnedOrigin: true }), ...reply('exact-peer') },
      0,
    ],
    [
      'nothing from a learned origin of a domain that signs',
      {},
      { ...seen({ signed: true }, { learnedOrigin: true }), ...reply('exact-peer') },
      0,
    ],
    ['all of it by S/MIME', {}, { ...smime, ...reply('exact-peer') }, 35],
    ['nothing by S/MIME against DMARC', dmarc('fail', 'none'), { ...smime, ...reply('exact-peer') }, 0],
  ] as const) {
    it(`is earned by our own mail: ${what}`, () => {
      expect(assessTrust(facts(change, rest), question).earned).toBe(sum)
    })
  }

  for (const [what, rest, name, points] of [
    ['one mail accepted before', history({ accepted: 1, kind: 'domain' }), 'ACCEPTED_BEFORE', 3],
    ['many mails accepted before', history({ accepted: 1000, kind: 'address' }), 'ACCEPTED_BEFORE', 12],
    [
      'many mails of the sender accepted before',
      history({ accepted: 1000, kind: 'envelope' }),
      'ACCEPTED_BEFORE',
      8,
    ],
    ['one mail refused before', history({ refused: 1 }), 'REFUSED_BEFORE', -10],
    ['many mails refused before', history({ refused: 50 }), 'REFUSED_BEFORE', -40],
    ['no reverse name', { client: { ...unaskedFacts.client, reverse: 'none' } }, 'SERVER_NAME', -12],
    ['a reverse name that nobody could find out', {}, 'SERVER_NAME', undefined],
    ['a HELO without a name', { client: { ...unaskedFacts.client, heloIsName: false } }, 'SERVER_NAME', -4],
    [
      'all that a server can lack',
      { client: { reverse: 'none', looksDialUp: true, heloIsName: false } },
      'SERVER_NAME',
      -20,
    ],
    ['bulk mail of a stranger', { isBulk: true }, 'BULK', -8],
    ['bulk mail of a known sender', { isBulk: true, ...history({ accepted: 2 }) }, 'BULK', undefined],
    [
      'content in the middle',
      { content: { kind: 'scored', scorer: 'x', score: 1.5, phishing: false } },
      'CONTENT',
      undefined,
    ],
    [
      'suspicious content',
      { content: { kind: 'scored', scorer: 'x', score: 6.5, phishing: false } },
      'CONTENT',
      -30,
    ],
    [
      'content that could not be worse',
      { content: { kind: 'scored', scorer: 'x', score: 90, phishing: false } },
      'CONTENT',
      -75,
    ],
    [
      'harmless content',
      { content: { kind: 'scored', scorer: 'x', score: -2, phishing: false } },
      'CONTENT',
      3,
    ],
    ['content without a scorer', { content: { kind: 'none' } }, 'CONTENT', undefined],
    [
      'content of which the scorer said nothing',
      { content: { kind: 'unknown', reason: 'down' } },
      'CONTENT',
      0,
    ],
    [
      'an address of phishing',
      { content: { kind: 'scored', scorer: 'x', score: 0, phishing: true } },
      'PHISHING',
      -60,
    ],
  ] as const) {
    it(`counts ${points ?? 'nothing'} for ${what}`, () => {
      expect(pointsOf(name, spf('pass'), rest as Partial<InboundFacts>)).toBe(points)
    })
  }

  it('damps content of a partner, but not phishing', () => {
    const bad = { content: { kind: 'scored', scorer: 'x', score: 6.5, phishing: true } } as const
    expect(pointsOf('CONTENT', dkim('pass'), bad, { relation: partner })).toBe(-12)
    expect(pointsOf('PHISHING', dkim('pass'), bad, { relation: partner })).toBe(-60)
  })

  const hit = (
    weight: ListFacts['hits'][number]['weight'],
    subject: 'ip' | 'author' | 'envelope',
    list = 'a',
  ) => ({
    list,
    weight,
    subject,
    value: '127.0.0.2',
  })
  for (const [what, hits, name, points] of [
    ['a strong list of servers', [hit('strong', 'ip')], 'STRONG_LIST', -60],
    ['a strong list of domains', [hit('strong', 'author')], 'STRONG_LIST', -60],
    ['strong lists of both', [hit('strong', 'ip'), hit('strong', 'envelope')], 'STRONG_LIST', -80],
    ['two strong lists of servers', [hit('strong', 'ip'), hit('strong', 'ip', 'b')], 'STRONG_LIST', -60],
    ['a weak list', [hit('weak', 'ip')], 'WEAK_LIST', -12],
    [
      'three weak lists',
      [hit('weak', 'ip'), hit('weak', 'ip', 'b'), hit('weak', 'ip', 'c')],
      'WEAK_LIST',
      -24,
    ],
    ['a welcome list', [hit('welcome', 'ip')], 'WELCOME_LIST', 5],
    [
      'a welcome list with its best grade',
      [hit('warmly-welcome', 'ip'), hit('welcome', 'ip')],
      'WELCOME_LIST',
      10,
    ],
    ['lists that gave no answer', [], 'STRONG_LIST', undefined],
  ] as const) {
    it(`counts ${points ?? 'nothing'} for ${what}`, () => {
      expect(pointsOf(name, spf('pass'), { lists: { hits, failed: ['z'] } })).toBe(points)
    })
  }

  it('counts half of a list against a partner who proves himself, all of it else', () => {
    const lists = { lists: { hits: [hit('strong', 'ip'), hit('weak', 'ip', 'b')], failed: [] } }
    expect(scoreOf(dkim('pass'), lists, { relation: forty })).toBe(45 + 5 - 30 - 6)
    expect(scoreOf(spf('pass', 'partner.example', 'shared'), lists, { relation: forty })).toBe(14 - 60 - 12)
  })

  const deceptions = {
    'the address of somebody else as a name': ['address-in-name', 'DISPLAY_NAME', -35],
    'the name of one of us': ['own-person', 'DISPLAY_NAME', -20],
    'the name of a partner': ['partner-person', 'DISPLAY_NAME', -20],
    'a domain that looks like another': ['lookalike', 'LOOKALIKE', -30],
  } as const
  for (const [what, [kind, name, points]] of Object.entries(deceptions)) {
    it(`counts ${points} for ${what}, and nothing for whom we know`, () => {
      const rest = { deception: { findings: [{ kind, evidence: 'x' }] } }
      expect(pointsOf(name, dkim('pass'), rest)).toBe(points)
      expect(pointsOf(name, dkim('pass'), rest, { relation: partner })).toBeUndefined()
    })
  }

  it('does not count failed authentication on the word of forwarders whom we believe', () => {
    const failed = { ...foreign, ...spf('fail'), ...dmarc('fail', 'reject'), ...forwarded }
    expect(scoreOf(failed, seen({ signed: true }), { trustsSealers: true })).toBe(0)
    expect(scoreOf(failed, seen({ signed: true }))).toBe(-100)
    const unsaid = { ...failed, forwarded: { ...forwarded.forwarded, authorPassed: false } }
    expect(scoreOf(unsaid, seen({ signed: true }), { trustsSealers: true })).toBe(-100)
  })

  it('does not count missing proof against a machine that may write in our name', () => {
    const exception = { sender: '192.0.2.1', reason: 'scanner' }
    const client = { reverse: 'none', looksDialUp: true, heloIsName: false } as const
    expect(scoreOf({ ...spf('fail'), ...dmarc('fail', 'reject') }, { client }, { exception })).toBe(0)
  })

  it('does not spread among the users of a free mail provider', () => {
    const author = { address: 'ann@gmx.de', domain: 'gmx.de' }
    const relation = { ...sameFirm, domain: 500 }
    expect(scoreOf({ author, ...dkim('pass') }, {}, { relation })).toBe(5)
    expect(pointsOf('DOWNGRADE', { author, ...dmarc('fail', 'none') }, {}, { relation })).toBeUndefined()
  })

  for (const [what, entry, change, points] of [
    ['the address of an authenticated author', { sender: 'ann@partner.example' }, dkim('pass'), 40],
    ['the address of an author by SPF', { sender: 'ann@partner.example' }, spf('pass'), 32],
    ['the address of an author that proves nothing', { sender: 'ann@partner.example' }, {}, undefined],
    [
      'the domain of an author that is forged',
      { sender: 'partner.example' },
      dmarc('fail', 'none'),
      undefined,
    ],
    ["the client's address", { sender: '192.0.2.1' }, {}, 40],
    ["the client's network", { sender: '2001:db8::/32' }, {}, 40],
    [
      "the client's address that must prove itself",
      { sender: '192.0.2.1', requires: 'authenticated' },
      {},
      undefined,
    ],
    [
      "the client's address that proves itself",
      { sender: '192.0.2.1', requires: 'authenticated' },
      spf('pass'),
      32,
    ],
    ['a name that must sign', { sender: 'partner.example', requires: 'dkim' }, spf('pass'), undefined],
    ['a name that signs', { sender: 'partner.example', requires: 'dkim' }, dkim('pass'), 40],
    ['a name with a reservation, proven or not', { sender: 'partner.example', points: -30 }, {}, -30],
  ] as const) {
    it(`counts ${points ?? 'nothing'} for the allow list entry of ${what}`, () => {
      const lists = { allow: { points: 40, reason: 'x', ...entry } }
      expect(pointsOf('ALLOW_LIST', change, {}, { lists })).toBe(points)
    })
  }

  it('is gone for who stands on the block list', () => {
    const lists = { block: { sender: 'partner.example', reason: 'x' } }
    expect(scoreOf(dkim('pass'), {}, { lists })).toBe(-95)
  })

  it('grows when a server came back as asked, not when it failed authentication', () => {
    expect(scoreOf({}, {}, { cameBack: true })).toBe(6)
    expect(scoreOf(spf('fail'), {}, { cameBack: true })).toBe(-15)
    expect(scoreOf({}, seen({ origin: true }), { cameBack: true })).toBe(-41)
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

  it('could be what a missing DMARC record lets an answer earn, and what SPF says against an open heal window', () => {
    const reply = { reply: { match: 'exact-peer', ours: undefined } } as const
    const owed = assessTrust(facts(dmarc('temperror'), reply), question)
    expect(owed.range.highest).toBeGreaterThanOrEqual(scoreOf(dmarc('none'), reply))
    const healing = { history: { ...unaskedFacts.history, healing: true } }
    const fails = { spf: { result: 'fail', domain: 'partner.example', aligned: true } } as const
    const unknown = { spf: { ...fails.spf, result: 'temperror' } } as const
    expect(assessTrust(facts(unknown, healing), question).range.lowest).toBeLessThanOrEqual(
      scoreOf(fails, healing),
    )
  })

  it('could be that of a partner by his own servers while nobody knows his SPF', () => {
    const { range } = assessTrust(facts(spf('temperror')), { ...question, relation: partner })
    expect(range.highest).toBe(24)
  })

  it('follows the weights of a policy file', () => {
    const weights = Weights.parse({ relation: { pairFirst: 50, pairMost: 60 }, authentication: { pass: 0 } })
    expect(scoreOf(dkim('pass'), {}, { relation: partner, weights })).toBe(50)
  })
})

describe('what the reader of a mail is told', () => {
  it('is in plain German, with since when and what was answered', () => {
    const mail = facts(dkim('pass'), {
      reply: { match: 'exact-peer', ours: true, sentAt: Date.UTC(2026, 1, 3, 12) },
    })
    const { signals } = assessTrust(mail, { ...question, relation: partner })
    expect(signals.map(({ words }) => words)).toEqual([
      'Partner seit 2024-03, DKIM partner.example',
      'Antwort auf Ihre Mail vom 3.2.2026',
      'Absenderdomain belegt',
    ])
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
const anyAuthentication = fc.record({
  author: fc.constantFrom(unauthenticated.author, undefined),
  spf: fc.record({
    result: results,
    domain: fc.constantFrom('partner.example', 'x.example', undefined),
    aligned: fc.boolean(),
    reach: fc.constantFrom('own' as const, 'shared' as const, 'open' as const, 'unknown' as const),
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
  forwarded: fc.constantFrom(undefined, forwarded.forwarded),
})
const count = fc.double({ min: 0, max: 1000, noNaN: true })
const anyRelation = fc.record({
  pair: count,
  address: count,
  domain: count,
  firstAt: fc.constant(undefined),
  lastAt: fc.constant(undefined),
})
const anyRest: fc.Arbitrary<Partial<InboundFacts>> = fc.record({
  history: fc.record({
    accepted: count,
    refused: count,
    kind: fc.constantFrom('address', 'domain', 'envelope', 'ip'),
    seen: fc.record({ signed: fc.boolean(), spf: fc.boolean(), origin: fc.boolean() }),
    learnedOrigin: fc.boolean(),
    healing: fc.boolean(),
  }),
  reply: fc.record({
    match: fc.constantFrom('exact-peer', 'colleague', 'other', 'none'),
    ours: fc.constantFrom(true, false, undefined),
  }),
  client: fc.record({
    reverse: fc.constantFrom('verified', 'none', 'unknown'),
    looksDialUp: fc.boolean(),
    heloIsName: fc.boolean(),
  }),
  lists: fc.record({
    hits: fc.array(
      fc.record({
        list: fc.constantFrom('a', 'b', 'c'),
        subject: fc.constantFrom('ip', 'author', 'envelope'),
        weight: fc.constantFrom('strong', 'weak', 'welcome', 'warmly-welcome'),
        value: fc.constant('127.0.0.2'),
      }),
      { maxLength: 4 },
    ),
    failed: fc.constant([]),
  }),
  deception: fc.record({
    findings: fc.array(
      fc.record({
        kind: fc.constantFrom('address-in-name', 'own-person', 'partner-person', 'lookalike'),
        evidence: fc.constant('x'),
      }),
      { maxLength: 2 },
    ),
  }),
  content: fc.oneof(
    fc.record({
      kind: fc.constant('scored' as const),
      scorer: fc.constant('x'),
      score: fc.double({ min: -50, max: 50, noNaN: true }),
      phishing: fc.boolean(),
    }),
    fc.constant({ kind: 'none' as const }),
    fc.constant({ kind: 'unknown' as const, reason: 'down' }),
  ),
  isBulk: fc.boolean(),
  protection: fc.constantFrom(noProtection, smime.protection),
})

test('the points add up to the score, which stays on the scale and in its range', () => {
  fc.assert(
    fc.property(
      anyAuthentication,
      anyRest,
      anyRelation,
      fc.boolean(),
      fc.boolean(),
      (authentication, rest, relation, cameBack, trustsSealers) => {
        const { score, signals, range } = assessTrust(facts(authentication, rest), {
          ...question,
          relation,
          cameBack,
          trustsSealers,
        })
        expect(signals.reduce((sum, { points }) => sum + points, 0)).toBe(score)
        expect(Math.abs(score)).toBeLessThanOrEqual(100)
        expect(range.lowest).toBeLessThanOrEqual(score)
        expect(range.highest).toBeGreaterThanOrEqual(score)
        expect(signals.every(({ points }) => Number.isInteger(points))).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})

test('whatever we know of the author, a mail that proves nothing gains nothing by it', () => {
  const unproven = anyAuthentication.map((authentication) => ({
    ...authentication,
    dkim: authentication.dkim.map((one) => ({ ...one, aligned: false })),
    spf: { ...authentication.spf, aligned: false },
  }))
  fc.assert(
    fc.property(unproven, anyRelation, (authentication, relation) => {
      const known = scoreOf(authentication, {}, { relation })
      expect(known).toBeLessThanOrEqual(scoreOf(authentication))
    }),
  )
})

test('more relation never lowers the trust in who proves himself', () => {
  fc.assert(
    fc.property(
      anyAuthentication,
      anyRest,
      anyRelation,
      anyRelation,
      fc.boolean(),
      (authentication, rest, one, more, cameBack) => {
        const less = assessTrust(facts(authentication, rest), { ...question, relation: one, cameBack })
        if (less.identity === 0) return
        const relation = {
          ...one,
          pair: one.pair + more.pair,
          address: one.address + more.address,
          domain: one.domain + more.domain,
        }
        expect(scoreOf(authentication, rest, { relation, cameBack })).toBeGreaterThanOrEqual(less.score)
      },
    ),
    { numRuns: 2000 },
  )
})

it('no criterion is listed twice', () => {
  expect(new Set(criteria.map(({ name }) => name)).size).toBe(criteria.length)
})
