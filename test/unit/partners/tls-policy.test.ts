import { describe, expect, it } from 'vitest'
import { tlsPolicyFor } from '../../../src/partners/tls-policy.ts'
import type { OutboundRule } from '../../../src/policy/policy.ts'

const outbound = new Map<string, OutboundRule>([
  ['partner.example', { protection: ['tls'] }],
  ['first-smime.example', { protection: ['smime', 'tls'] }],
  ['*.konzern.example', { protection: ['tls'], tlsNames: ['mx1.host.example', '.host2.example'] }],
  ['not-here.konzern.example', { protection: ['smime'] }],
  ['schaden@makler.example', { protection: ['tls'] }],
  ['a@two.example', { protection: ['tls'], tlsNames: ['mx.a.example'] }],
  ['b@two.example', { protection: ['tls'], tlsNames: ['mx.b.example'] }],
  ['c@two.example', { protection: ['pdf'], tlsNames: ['mx.c.example'] }],
  ['clear.example', { protection: ['none'] }],
])
const strong = 'ciphers=high protocols=>=TLSv1.2'

describe('Postfix is told', () => {
  for (const [what, nextHop, answer] of [
    ['to check the mail domain', 'partner.example', `secure match=nexthop:dot-nexthop ${strong}`],
    ['the same behind a port', 'partner.example:25', `secure match=nexthop:dot-nexthop ${strong}`],
    [
      'the same in any case, with the dot of the root',
      'Partner.EXAMPLE.:smtp',
      `secure match=nexthop:dot-nexthop ${strong}`,
    ],
    ['so where S/MIME comes first too', 'first-smime.example', `secure match=nexthop:dot-nexthop ${strong}`],
    ['the agreed names', 'a.konzern.example', `secure match=mx1.host.example:.host2.example ${strong}`],
    [
      'them for domains far below',
      'b.a.konzern.example',
      `secure match=mx1.host.example:.host2.example ${strong}`,
    ],
    ['nothing for the parent itself', 'konzern.example', undefined],
    ['nothing where a narrower rule has no TLS', 'not-here.konzern.example', undefined],
    [
      'TLS for the domain of an agreed address',
      'makler.example',
      `secure match=nexthop:dot-nexthop ${strong}`,
    ],
    ['every name agreed with addresses', 'two.example', `secure match=mx.a.example:mx.b.example ${strong}`],
    ['nothing about others', 'other.example', undefined],
    ['nothing where mail goes in the clear', 'clear.example', undefined],
    ['nothing about a relay in brackets', '[partner.example]:25', undefined],
    ['nothing about an empty key', '', undefined],
    ['nothing about an address', 'schaden@makler.example', undefined],
    ['nothing about a pattern', '*.konzern.example', undefined],
  ] as const) {
    it(`${what}: ${nextHop}`, () => {
      const policy = tlsPolicyFor({ outbound }, nextHop)
      expect(policy).toEqual(answer === undefined ? { kind: 'not-ours' } : { kind: 'enforce', answer })
    })
  }

  it('to enforce TLS everywhere if the default may send by TLS: else such mail could go in the clear', () => {
    const everybody = new Map<string, OutboundRule>([['default', { protection: ['smime', 'tls'] }]])
    expect(tlsPolicyFor({ outbound: everybody }, 'any.example').kind).toBe('enforce')
  })
})
