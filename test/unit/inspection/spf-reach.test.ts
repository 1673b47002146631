import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { isSharedHost } from '../../../src/inspection/shared-hosts.ts'
import { spfReach } from '../../../src/inspection/spf-reach.ts'
import { type Zone, zoneLookup } from '../../support/zone-lookup.ts'

const never = new AbortController().signal
const spf = (text: string) => ({ TXT: [['google-site-verification=x'], [`v=spf1 ${text}`]] })

function reach(zone: Zone, client = '192.0.2.1', domain = 'firma.example') {
  const lookup = zoneLookup(zone)
  return spfReach(domain, client, (name, rrtype) => lookup(name, rrtype, never))
}

describe('the servers that an SPF record names', () => {
  for (const [what, records, expected, client] of [
    ['its own address', { 'firma.example': spf('ip4:192.0.2.1 -all') }, 'own'],
    ['its own small network', { 'firma.example': spf('ip4:192.0.0.0/20 -all') }, 'own'],
    ['a network as large as a provider', { 'firma.example': spf('ip4:192.0.0.0/16 -all') }, 'shared'],
    ['half the Internet', { 'firma.example': spf('ip4:128.0.0.0/1 ip4:0.0.0.0/1 -all') }, 'open'],
    ['everybody', { 'firma.example': spf('+all') }, 'open'],
    ['everybody, written short', { 'firma.example': spf('mx all') }, 'open'],
    ['its own IPv6 network', { 'firma.example': spf('ip6:2001:db8::/32 -all') }, 'own', '2001:db8::25'],
    ['a huge IPv6 network', { 'firma.example': spf('ip6:2001::/16 -all') }, 'shared', '2001:db8::25'],
    [
      'an IPv4 address seen by a dual-stack socket',
      { 'firma.example': spf('ip4:192.0.2.1 -all') },
      'own',
      '::ffff:192.0.2.1',
    ],
    [
      'those of Microsoft',
      {
        'firma.example': spf('include:spf.protection.outlook.com -all'),
        'spf.protection.outlook.com': spf('ip4:192.0.2.0/24 -all'),
      },
      'shared',
    ],
    [
      'its own before those of Microsoft',
      {
        'firma.example': spf('a:mail.firma.example include:spf.protection.outlook.com -all'),
        'mail.firma.example': { A: ['192.0.2.1'] },
        'spf.protection.outlook.com': spf('ip4:192.0.2.0/24 -all'),
      },
      'own',
    ],
    [
      'its own in a record beside',
      {
        'firma.example': spf('include:_spf.firma.example -all'),
        '_spf.firma.example': spf('ip4:192.0.2.1 ?all'),
      },
      'own',
    ],
    [
      'those of a host by redirect',
      { 'firma.example': spf('redirect=smtp.strato.de'), 'smtp.strato.de': spf('ip4:192.0.2.0/24 ~all') },
      'shared',
    ],
    [
      'the mail exchangers of a host',
      {
        'firma.example': { ...spf('mx -all'), MX: [{ priority: 5, exchange: 'mx00.kundenserver.de' }] },
        'mx00.kundenserver.de': { A: ['192.0.2.1'] },
      },
      'shared',
    ],
    [
      'its own mail exchanger',
      {
        'firma.example': { ...spf('mx/28 -all'), MX: [{ priority: 5, exchange: 'mx.firma.example' }] },
        'mx.firma.example': { A: ['192.0.2.9'] },
      },
      'own',
    ],
    ['who is named by a macro', { 'firma.example': spf('exists:%{i}.ok.example -all') }, 'unknown'],
    ['who has a reverse name in it', { 'firma.example': spf('ptr -all') }, 'unknown'],
    ['nobody any more', {}, 'unknown'],
    ['somebody whom the DNS does not tell', { 'firma.example': { TXT: 'ETIMEOUT' } }, 'unknown'],
    ['itself without end', { 'firma.example': spf('include:firma.example -all') }, 'unknown'],
    ['others by refusing this address first', { 'firma.example': spf('-ip4:192.0.2.1 ?all') }, 'unknown'],
  ] as readonly (readonly [string, Zone, string, string?])[]) {
    it(`are ${expected} where they are ${what}`, async () => {
      expect(await reach(records, client)).toBe(expected)
    })
  }

  it('of a large host are its own for itself', async () => {
    const zone = {
      'outlook.com': spf('include:spf-a.outlook.com -all'),
      'spf-a.outlook.com': spf('ip4:192.0.2.1 -all'),
    }
    expect(await reach(zone, '192.0.2.1', 'outlook.com')).toBe('own')
  })
})

test('any record has a reach, and none makes us ask without end', async () => {
  const term = fc.constantFrom(
    'a',
    'mx',
    'ptr',
    'include:firma.example',
    'redirect=firma.example',
    'ip4:192.0.2.1/99',
    'ip6:::/0',
    'a:/24//64',
    '%{i}',
    '',
    'ip4:',
    'all:x',
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(term, fc.string({ maxLength: 12 })), { maxLength: 30 }),
      async (terms) => {
        const asked: string[] = []
        const lookup = zoneLookup(
          {
            'firma.example': {
              ...spf(terms.join(' ')),
              MX: [{ priority: 1, exchange: 'firma.example' }],
              A: ['198.51.100.1'],
            },
          },
          asked,
        )
        const found = await spfReach('firma.example', '192.0.2.1', (name, rrtype) =>
          lookup(name, rrtype, never),
        )
        expect(['own', 'shared', 'open', 'unknown']).toContain(found)
        expect(asked.length).toBeLessThan(100)
      },
    ),
  )
})

it('a host is a shared one by its whole labels', () => {
  expect(isSharedHost('mx00.kundenserver.de.')).toBe(true)
  expect(isSharedHost('nichtkundenserver.de')).toBe(false)
})
