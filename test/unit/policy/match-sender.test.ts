import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it, test } from 'vitest'
import { isListable, matchSender, readListed } from '../../../src/policy/match-sender.ts'

const now = new Date('2026-11-21T22:00:00Z')

describe('A list', () => {
  for (const [what, entry, sender, matches] of [
    ['knows an address in any case', 'Anna@Example.org', { address: 'anna@EXAMPLE.org' }, true],
    ['means one address only', 'anna@example.org', { address: 'bert@example.org' }, false],
    ['takes a domain', 'example.org', { address: 'anna@example.org' }, true],
    ['takes @domain as the domain', '@example.org', { address: 'anna@example.org' }, true],
    ['takes a domain without an address', 'example.org', { domain: 'Example.org' }, true],
    ['does not take a subdomain for the domain', 'example.org', { address: 'a@mail.example.org' }, false],
    ['does not take a longer name for the domain', 'example.org', { address: 'a@notexample.org' }, false],
    ['takes *.domain for those below', '*.example.org', { address: 'a@x.mail.example.org' }, true],
    ['does not take *.domain for the domain', '*.example.org', { address: 'a@example.org' }, false],
    ['takes *.domain with umlauts', '*.münchen.de', { address: 'a@mail.xn--mnchen-3ya.de' }, true],
    ['takes an IP address', '192.0.2.25', { ip: '192.0.2.25' }, true],
    ['means one IP address only', '192.0.2.25', { ip: '192.0.2.250' }, false],
    ['takes a network', '198.51.100.0/24', { ip: '198.51.100.255' }, true],
    ['ends a network at its mask', '198.51.100.0/25', { ip: '198.51.100.128' }, false],
    ['takes an IPv6 network', '2001:db8::/32', { ip: '2001:DB8:1::1' }, true],
    ['knows IPv4 in the clothes of IPv6', '192.0.2.0/24', { ip: '::ffff:192.0.2.25' }, true],
    ['does not take IPv4 for IPv6', '0.0.0.0/0', { ip: '2001:db8::1' }, false],
    ['does not read an address as a name', '192.0.2.25', { address: 'a@192.0.2.25' }, false],
    ['survives an address that is none', '192.0.2.0/24', { ip: 'unknown' }, false],
    ['does not know the null sender', 'example.org', { address: '' }, false],
    ['has no word for everybody', 'default', { address: 'a@example.org' }, false],
  ] as const) {
    it(what, () => {
      expect(matchSender([{ sender: entry }], sender, now) !== undefined).toBe(matches)
    })
  }

  it('forgets an entry after its last day, and takes the next', () => {
    const entries = [
      { sender: 'example.org', until: '2026-11-20', reason: 'over' },
      { sender: 'example.org', until: '2026-11-21', reason: 'last day' },
      { sender: 'example.org', reason: 'for ever' },
    ]
    expect(matchSender(entries, { domain: 'example.org' }, now)?.reason).toBe('last day')
    const later = new Date('2026-11-22T00:00:00Z')
    expect(matchSender(entries, { domain: 'example.org' }, later)?.reason).toBe('for ever')
  })

  it('takes what people can mean, and nothing else', () => {
    for (const text of [
      'a@example.org',
      '@example.org',
      '*.example.org',
      '192.0.2.1',
      '10.0.0.0/8',
      '::1',
      '2001:db8::/32',
    ]) {
      expect(isListable(text), text).toBe(true)
    }
    for (const text of [
      'default',
      '10/8',
      '10.0.0.0/33',
      '300.1.1.1',
      '192.0.2.1/',
      '2001:db8::/129',
      '@@',
      'example',
      '0x7f.0.0.1',
      '1.2.3.4.5',
    ]) {
      expect(isListable(text), text).toBe(false)
    }
  })
})

for (const [written, meant] of [
  ['@Example.ORG', 'example.org'],
  ['Ann@Example.org', 'ann@example.org'],
  ['*.Example.org', '*.example.org'],
  ['192.0.2.77', '192.0.2.77'],
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['192.0.2.77/0', '0.0.0.0/0'],
  ['192.0.2.77/25', '192.0.2.0/25'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0::1', '2001:db8::1'],
  ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
  ['10/8', undefined],
  ['default', undefined],
] as const) {
  test(`${written} in a list means ${meant ?? 'nothing'}`, () => {
    expect(readListed(written)).toBe(meant)
  })
}

test('the first entry counts whatever it is about, also in a long list', () => {
  const many = Array.from({ length: 20_000 }, (_, at) => ({ sender: `d${at}.example`, reason: `${at}` }))
  const entries = [
    ...many,
    { sender: '192.0.2.0/24', reason: 'network' },
    { sender: 'd7.example', reason: 'again' },
    { sender: '192.0.2.1', reason: 'server' },
  ]
  expect(matchSender(entries, { address: 'ann@d7.example', ip: '192.0.2.1' }, now)?.reason).toBe('7')
  expect(matchSender(entries, { address: 'ann@other.example', ip: '192.0.2.1' }, now)?.reason).toBe('network')
  expect(matchSender(entries, { ip: '192.0.3.1' }, now)).toBeUndefined()
})

test('an address is in a network if its first bits are those of the network', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(address, address, fc.nat({ max: 128 }), (one, other, bits) => {
      const [network, ip] = [ipaddr.process(one), ipaddr.process(other)]
      const length = Math.min(bits, network.kind() === 'ipv4' ? 32 : 128)
      const isInside = network.kind() === ip.kind() && ip.match(network, length)
      const found = matchSender([{ sender: `${network}/${length}` }], { ip: other }, now)
      expect(found !== undefined).toBe(isInside)
    }),
  )
})

test('Arbitrary senders and entries match or do not, and never break the judgement', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (sender, address, ip) => {
      matchSender([{ sender }], { address, domain: address, ip }, now)
      isListable(sender)
    }),
  )
})
