import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { authenticationResults } from '../../../src/inspection/authentication-results.ts'
import type { AuthenticationFacts } from '../../../src/message/facts.ts'

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

it('the results are written as RFC 8601 wants them', () => {
  expect(authenticationResults(facts, message)).toBe(
    [
      ' mx.kanzlei.example',
      '\tspf=pass smtp.mailfrom=partner.example',
      '\tdkim=pass header.d=partner.example header.s=s1',
      '\tdkim=policy (body length limited) header.d=partner.example header.s=s2',
      '\tdmarc=pass policy.dmarc=reject header.from=partner.example',
      '\tarc=none',
    ].join(';\r\n'),
  )
})

it('the null sender is shown by its HELO name, an unsigned message without signature', () => {
  const unsigned = authenticationResults(
    { ...facts, dkim: [], author: undefined },
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
          ...facts,
          author: undefined,
          spf: { ...facts.spf, domain },
          dkim: [
            { ...facts.dkim[0], result: 'fail', domain, selector, aligned: false, bodyLengthLimited: false },
          ],
        },
        message,
      )
      const unquoted = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, 'Q')
      expect(unquoted.split(';')).toHaveLength(5)
      expect(unquoted).not.toMatch(/dkim=pass|\r\n[^\t]|\0/)
    }),
  )
})
