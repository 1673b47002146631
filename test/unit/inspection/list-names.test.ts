import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addressLabels, domainLabels } from '../../../src/inspection/list-names.ts'

for (const [address, labels] of [
  ['192.0.2.1', '1.2.0.192'],
  ['::ffff:192.0.2.1', '1.2.0.192'],
  ['2001:db8::1', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2'],
] as const) {
  it(`${address} is asked as ${labels}`, () => {
    expect(addressLabels(address)).toBe(labels)
  })
}

for (const address of [
  ...['10.1.2.3', '172.16.0.1', '192.168.1.1', '127.0.0.1', '169.254.1.1', '100.64.0.1', '0.0.0.0'],
  ...['::1', 'fe80::1', 'fd00::1', '::ffff:10.0.0.1', 'localhost', ''],
]) {
  it(`nobody is asked about ${address || 'nothing'}`, () => {
    expect(addressLabels(address)).toBeUndefined()
  })
}

for (const [what, domain, names] of [
  ['a registered domain', 'Partner.example', ['partner.example']],
  ['a domain below one', 'mail.news.partner.co.uk', ['mail.news.partner.co.uk', 'partner.co.uk']],
  ['a customer of a hosting domain, without his neighbours', 'kunde.github.io', ['kunde.github.io']],
  ['an umlaut domain', 'Müller.example', ['xn--mller-kva.example']],
  ['an address literal', '[192.0.2.1]', []],
  ['an address without brackets', '192.0.2.1', []],
  ['a pattern', '*.partner.example', []],
  ['the word default', 'default', []],
  ['nothing', '', []],
] as const) {
  it(`${what} is asked for by its names`, () => {
    expect(domainLabels(domain)).toEqual(names)
  })
}

it('whatever a stranger calls himself, only names that the DNS can hold are asked', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6()), (text) => {
      for (const name of domainLabels(text)) {
        expect(name).toMatch(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/)
        expect(name.length).toBeLessThanOrEqual(253)
      }
      expect(addressLabels(text) ?? '0').toMatch(/^[0-9a-f]{1,3}(\.[0-9a-f]{1,3})*$/)
    }),
  )
})
