import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { authenticationResults } from '../../../src/inspection/authentication-results.ts'
import { type AuthenticationFacts, noProtection, type ProtectionFacts } from '../../../src/message/facts.ts'

const facts: AuthenticationFacts = {
  author: { address: 'ann@partner.example', domain: 'partner.example' },
  spf: { result: 'pass', domain: 'partner.example', aligned: true },
  dkim: [
    { result: 'pass', domain: 'partner.example', selector: 's1', aligned: true, bodyLengthLimited: false },
    { result: 'policy', domain: 'partner.example', selector: 's2', aligned: true, bodyLengthLimited: true },
  ],
  dmarc: { result: 'pass', policy: 'reject' },
  arc: 'none',
}
const message = { mtaName: 'mx.kanzlei.example', sender: 'ann@partner.example' }

function signedBy(
  address: string,
  reason: string,
  verdict: 'valid' | 'invalid' = 'invalid',
): ProtectionFacts {
  return {
    ...noProtection,
    layers: [
      {
        kind: 'signed',
        format: 'smime',
        verdict,
        reason,
        signer: { fingerprint: 'aa', addresses: [address] },
        signedAt: undefined,
      },
    ],
    signature: verdict,
  }
}

it('the results are written as RFC 8601 wants them', () => {
  expect(authenticationResults({ authentication: facts, protection: noProtection }, message)).toBe(
    [
      ' mx.kanzlei.example',
      '\tspf=pass smtp.mailfrom=partner.example',
      '\tdkim=pass header.d=partner.example header.s=s1',
      '\tdkim=policy (body length limited) header.d=partner.example header.s=s2',
      '\tdmarc=pass policy.dmarc=reject header.from=partner.example',
      '\tarc=none',
      '\tsmime=none',
    ].join(';\r\n'),
  )
})

it('the null sender is shown by its HELO name, an unsigned message without signature', () => {
  const unsigned = authenticationResults(
    { authentication: { ...facts, dkim: [], author: undefined }, protection: noProtection },
    { ...message, sender: '' },
  )
  expect(unsigned).toContain('spf=pass smtp.helo=partner.example;')
  expect(unsigned).toContain('dkim=none;')
  expect(unsigned).not.toContain('header.from')
})

test('nothing that a sender chose leaves its place in the field', () => {
  const chosen = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.constantFrom('a; dkim=pass', 'a\r\nX: y', 'a" b', '(', 'a\0b'),
  )
  fc.assert(
    fc.property(chosen, chosen, (domain, selector) => {
      const text = authenticationResults(
        {
          authentication: {
            ...facts,
            author: undefined,
            spf: { ...facts.spf, domain },
            dkim: [
              {
                ...facts.dkim[0],
                result: 'fail',
                domain,
                selector,
                aligned: false,
                bodyLengthLimited: false,
              },
            ],
          },
          protection: signedBy(domain, selector),
        },
        message,
      )
      const unquoted = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, 'Q')
      expect(unquoted.split(';')).toHaveLength(6)
      expect(unquoted).not.toMatch(/(?:dkim|smime)=pass|\r\n[^\t]|\0/)
    }),
  )
})

for (const [what, protection, result] of [
  [
    'a valid signature',
    signedBy('ann@partner.example', 'valid', 'valid'),
    'smime=pass body.smime-identifier="ann@partner.example"',
  ],
  [
    'one of somebody else',
    signedBy('eve@evil.example', 'wrong-address'),
    'smime=fail reason=wrong-address body.smime-identifier="eve@evil.example"',
  ],
  ['none', noProtection, 'smime=none'],
] as const) {
  it(`shows ${what} as RFC 7281 does`, () => {
    expect(
      authenticationResults({ authentication: facts, protection }, message)
        .split(/;\r\n\t/)
        .at(-1),
    ).toBe(result)
  })
}
