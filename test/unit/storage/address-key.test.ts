import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey } from '../../../src/storage/address-key.ts'

for (const [what, one, other] of [
  ['in upper and lower case', 'Ann.Müller@Example.COM', 'ann.müller@example.com'],
  ['with an umlaut domain and its A-label', 'ann@Müller.example', 'ann@xn--mller-kva.example'],
  ['with an umlaut composed and decomposed', 'm\u00fcller@example.com', 'mu\u0308ller@example.com'],
  ['with the dot of the DNS root', 'ann@example.com.', 'ann@example.com'],
  ['at an address literal', 'ann@[IPv6:2001:DB8::1]', 'ann@[ipv6:2001:db8::1]'],
] as const) {
  test(`an address written ${what} is one address`, () => {
    expect(addressKey(one)).toBe(addressKey(other))
  })
}

test('different people and domains stay different', () => {
  const addresses = [
    'ann@example.com',
    'ann@example.org',
    'bob@example.com',
    'ann@sub.example.com',
    'ann',
    '',
  ]
  expect(new Set(addresses.map(addressKey)).size).toBe(addresses.length)
})

test('a key is its own key, whatever was given', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.emailAddress()), (text) => {
      expect(addressKey(addressKey(text))).toBe(addressKey(text))
    }),
  )
})
