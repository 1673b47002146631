import { describe, expect, it } from 'vitest'
import { type AuthenticationFacts, type InboundFacts, unaskedFacts } from '../../../src/message/facts.ts'
import { lessonsOfAcceptance } from '../../../src/trust/lessons.ts'
import { shippedWeights } from '../../../src/trust/weights.ts'
import { bySpf, inboundFacts, signatureOf, stranger, unauthenticated } from '../../support/inbound-facts.ts'

const partner = { relations: [stranger, { ...stranger, address: 1 }] }
const history = (change: Partial<InboundFacts['history']>) => ({
  history: { ...unaskedFacts.history, ...change },
})
const seenOrigin = { seen: { signed: false, spf: false, origin: true } }
const answer = { reply: { match: 'exact-peer', ours: undefined } } as const
const signed = { ...unauthenticated, dkim: [signatureOf('pass')] }
const failing = { ...bySpf, dmarc: { result: 'fail', policy: 'none' } } as const
const publishing = { ...unauthenticated, dmarc: { result: 'none', policy: 'none' } } as const
const disowned = {
  ...unauthenticated,
  spf: { result: 'fail', domain: 'partner.example', aligned: true },
} as const

describe('an accepted mail', () => {
  for (const [what, authentication, change, seen] of [
    ['that is signed, of somebody we write to', signed, partner, ['signed']],
    ['of servers that SPF names', bySpf, partner, ['spf']],
    ['of both', { ...bySpf, dkim: [signatureOf('pass')] }, partner, ['signed', 'spf']],
    ['of a learned origin', unauthenticated, { ...partner, ...history({ learnedOrigin: true }) }, []],
    [
      'of a learned origin, which answers us,',
      unauthenticated,
      { ...partner, ...answer, ...history({ learnedOrigin: true }) },
      ['origin'],
    ],
    ['of a stranger', signed, {}, []],
    ['that fails DMARC', failing, partner, []],
    [
      'signed by somebody else',
      { ...unauthenticated, dkim: [signatureOf('pass', { aligned: false })] },
      partner,
      [],
    ],
    [
      'signed in its first half',
      { ...signed, dkim: [signatureOf('pass', { bodyLengthLimited: true })] },
      partner,
      [],
    ],
  ] as const)
    it(`${what} tells ${seen.join(' and ') || 'nothing'} of its domain`, () => {
      const facts = inboundFacts(authentication as AuthenticationFacts, change)
      expect(lessonsOfAcceptance(facts, 'ann@partner.example', shippedWeights).seen).toEqual(seen)
    })

  for (const [what, authentication, change, sender, answers] of [
    ['answers us', unauthenticated, answer, 'ann@partner.example', 1],
    ['answers us under another sender', unauthenticated, answer, 'x@evil.example', 0],
    [
      'is of a colleague',
      unauthenticated,
      { reply: { match: 'colleague', ours: undefined } },
      'a@partner.example',
      0,
    ],
    ['answers us, signed', signed, answer, 'ann@partner.example', 0],
    ['answers us, of a domain that publishes DMARC', publishing, answer, 'ann@partner.example', 0],
    ['answers us, against the SPF of its domain', disowned, answer, 'ann@partner.example', 0],
    [
      'answers us from elsewhere than before',
      unauthenticated,
      { ...answer, ...history(seenOrigin) },
      'ann@partner.example',
      0,
    ],
    [
      'answers us from where its domain always came',
      unauthenticated,
      { ...answer, ...history({ ...seenOrigin, learnedOrigin: true }) },
      'ann@partner.example',
      1,
    ],
    [
      'answers us, of a domain that used to sign',
      unauthenticated,
      { ...answer, ...history({ seen: { signed: true, spf: false, origin: false } }) },
      'ann@partner.example',
      0,
    ],
    ['was healed', unauthenticated, history({ healing: true }), 'x@hoster.example', 2],
    ['was healed and is signed', signed, history({ healing: true }), 'ann@partner.example', 0],
  ] as const)
    it(`that ${what} stands for ${answers} proven answers of its network`, () => {
      const facts = inboundFacts(authentication as AuthenticationFacts, change)
      expect(lessonsOfAcceptance(facts, sender, shippedWeights).provenAnswers).toBe(answers)
    })

  it('without an author teaches nothing', () => {
    const facts = inboundFacts({ author: undefined }, { ...partner, ...answer })
    expect(lessonsOfAcceptance(facts, '', shippedWeights)).toEqual({ seen: [], provenAnswers: 0 })
  })
})
