import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedAddress } from '../../../../src/keys/discovery/asked-address.ts'

describe('An address that servers outside may be asked for', () => {
  it('keeps the case of its local part, and has its domain in A-labels', () => {
    expect(askedAddress('Joe.Doe@Example.ORG')).toEqual({
      address: 'joe.doe@example.org',
      local: 'Joe.Doe',
      domain: 'example.org',
    })
    const umlaut = Buffer.from('ann@müller.example').toString('latin1')
    expect(askedAddress(umlaut)?.domain).toBe('xn--mller-kva.example')
  })
  for (const odd of [
    'ann@127.0.0.1',
    'ann@[127.0.0.1]',
    'ann@[IPv6:::1]',
    'ann@localhost',
    'ann@evil.example@partner.example',
    '"ann@evil.example"@partner.example',
    'ann@evil.example/path?@x',
    'ann@partner.example:8443',
    'ann@partner..example',
    'a b@partner.example',
    'ann@partner.example\r\nHost: evil.example',
    'ann',
    '@partner.example',
    '',
  ]) {
    it(`is not ${JSON.stringify(odd)}`, () => expect(askedAddress(odd)).toBeUndefined())
  }
  it('can steer no host, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress()), (text) => {
        const asked = askedAddress(text)
        if (asked)
          expect(new URL(`https://openpgpkey.${asked.domain}/`).host).toBe(`openpgpkey.${asked.domain}`)
      }),
    )
  })
})
