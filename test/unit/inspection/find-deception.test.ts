import { describe, expect, it } from 'vitest'
import { findDeceptionWith } from '../../../src/inspection/find-deception.ts'
import { guardedDomainsOf } from '../../../src/inspection/guarded-domains.ts'
import { authorOf } from '../../../src/message/address.ts'
import { shippedWeights } from '../../../src/trust/weights.ts'
import { receivedMessage } from '../../support/received-message.ts'

const ownDomains = ['kanzlei-musterfrau.de', 'xn--mller-recht-thb.de']
const known: Record<string, { own: boolean; partner: boolean }> = {
  'chef max': { own: true, partner: false },
  'an mustr': { own: false, partner: true },
}
const find = findDeceptionWith({
  ownDomains,
  domains: guardedDomainsOf({
    ownDomains,
    memory: { domains: async () => ['brunnenwerk.de', 'holzwerk-sonnental.co.at', 'gmx.net'] },
    weights: () => shippedWeights,
    now: () => new Date(0),
  }),
  people: { namesakes: async (person) => known[person] ?? { own: false, partner: false } },
})
const findings = async (from: string) => {
  const { fields } = receivedMessage(Buffer.from(`From: ${from}\r\n\r\n`))
  return (await find(authorOf(fields))).findings.map(({ kind, evidence }) => `${kind}: ${evidence}`)
}

describe('an author looks like somebody else', () => {
  for (const [from, expected] of [
    [
      'ann@kanz1ei-musterfrau.de',
      ['lookalike: kanz1ei-musterfrau.de looks like kanzlei-musterfrau.de: confusable'],
    ],
    [
      'ann@kanzlei-müsterfrau.de',
      ['lookalike: xn--kanzlei-msterfrau-b3b.de looks like kanzlei-musterfrau.de: confusable'],
    ],
    ['ann@muller-recht.de', ['lookalike: muller-recht.de looks like müller-recht.de: confusable']],
    // An A-label of Latin letters and one Cyrillic е.
    ['ann@xn--brunnnwerk-osi.de', ['lookalike: xn--brunnnwerk-osi.de: mixed scripts']],
    [
      'ann@mail.holzwerk-sonenntal.co.at',
      ['lookalike: mail.holzwerk-sonenntal.co.at looks like holzwerk-sonnental.co.at: misspelled'],
    ],
    [
      'ann@kanzlei-musterfrau.de.evil.example',
      ['lookalike: kanzlei-musterfrau.de.evil.example looks like kanzlei-musterfrau.de: contained'],
    ],
    [
      '"max@kanzlei-musterfrau.de" <x@gmx.net>',
      ['address-in-name: the name shown is max@kanzlei-musterfrau.de'],
    ],
    ['Max Chef <x@gmx.net>', ['own-person: the name shown is that of one of us']],
    [
      '"Chef, Max (max@bank.example)" <x@gmx.net>',
      [
        'address-in-name: the name shown is max@bank.example',
        'own-person: the name shown is that of one of us',
      ],
    ],
    ['=?utf-8?Q?An_Mustr?= <x@gmx.net>', ['partner-person: the name shown is that of somebody we write to']],
  ] as const) {
    it(from, async () => expect(await findings(from)).toEqual(expected))
  }
})

describe('nobody is taken for another', () => {
  for (const from of [
    'ann@brunnenwerk.de',
    'ann@post.brunnenwerk.de',
    'ann@stranger.example',
    'x@gmx.de',
    'Anna Fremd <anna@stranger.example>',
    '"info@stranger.example" <anna@post.stranger.example>',
    'Max Chef <max@kanzlei-musterfrau.de>',
    'Max Chef <max@pc.kanzlei-musterfrau.de>',
    'ann@[192.0.2.1]',
    'ann@localhost',
    'a@b.example, c@d.example',
    'broken <',
  ]) {
    it(from, async () => expect(await findings(from)).toEqual([]))
  }
})

it('the domains that we write to are read once for all who ask, and again when that failed or is long ago', async () => {
  let asked = 0
  let time = 0
  let isDown = true
  const domains = guardedDomainsOf({
    ownDomains,
    memory: {
      domains: async () => {
        asked += 1
        if (isDown) throw new Error('down')
        return ['brunnenwerk.de']
      },
    },
    weights: () => shippedWeights,
    now: () => new Date(time),
  })
  await expect(Promise.all([domains(), domains()])).rejects.toThrow('down')
  expect(asked).toBe(1)
  isDown = false
  const [one, other] = await Promise.all([domains(), domains()])
  expect(one).toBe(other)
  expect(asked).toBe(2)
  time = 11 * 60_000
  expect((await domains()).names).toContain('brunnenwerk.de')
  expect(asked).toBe(3)
})
