import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guardedDomains, lookalikeOf } from '../../../src/trust/lookalike.ts'

const split = (domain: string) => {
  const labels = domain.split('.')
  const suffixLabels = domain.endsWith('.co.at') ? 2 : 1
  return { label: labels.at(-1 - suffixLabels) ?? '', suffix: labels.slice(-suffixLabels).join('.') }
}
const own = ['kanzlei-musterfrau.de', 'musterfrau.example']
const partners = [
  'autohaus-sonnental.de',
  'kanzlei-schmidt.de',
  'meier-bau.de',
  'steuerberatung-kolb.de',
  'praxis-am-see.de',
  'allianz.de',
  'hausverwaltung-koenigsblick.de',
  'elektro-haase.de',
  'müller-zerspanung.de',
  'brunnenwerk.de',
  'haus21.de',
  'bauer.de',
  'notariat-am-markt.de',
  'schreinerei-huber.de',
  'rheintaler-treuhand.ch',
  'zweiradcenter.de',
  'dwt.de',
]
const guarded = guardedDomains([
  ...own.map((domain) => ({ ...split(domain), own: true })),
  ...partners.map((domain) => ({ ...split(domain), own: false })),
])
const asked = (host: string) => lookalikeOf(split(host), host, guarded)

describe('a domain that could be taken for ours or a partner’s is named', () => {
  for (const [host, of, how] of [
    ['kanz1ei-musterfrau.de', 'kanzlei-musterfrau.de', 'confusable'],
    ['kanzlei-rnusterfrau.de', 'kanzlei-musterfrau.de', 'confusable'],
    ['kanzlei-musterfrau.com', 'kanzlei-musterfrau.de', 'other suffix'],
    ['kanzlei-musterfrau.co.at', 'kanzlei-musterfrau.de', 'other suffix'],
    ['kanzlei-mustefrau.de', 'kanzlei-musterfrau.de', 'misspelled'],
    ['kanzlei-musterfrua.de', 'kanzlei-musterfrau.de', 'misspelled'],
    ['kanzeli-musterfrau.de', 'kanzlei-musterfrau.de', 'misspelled'],
    ['kanzleimusterfrau.de', 'kanzlei-musterfrau.de', 'misspelled'],
    ['kanzlei-musterfrau-gmbh.de', 'kanzlei-musterfrau.de', 'added word'],
    ['mail-kanzlei-musterfrau.com', 'kanzlei-musterfrau.de', 'added word'],
    ['kanzlei-musterfrau.de.login.attacker.example', 'kanzlei-musterfrau.de', 'contained'],
    ['kanzlei-musterfrau-de.com', 'kanzlei-musterfrau.de', 'contained'],
    ['musterfrau-online.de', 'musterfrau.example', 'added word'],
    ['autohaus-sonnenta1.de', 'autohaus-sonnental.de', 'confusable'],
    ['autohaus-sonnentall.de', 'autohaus-sonnental.de', 'misspelled'],
    ['autohaus-sonnental.com', 'autohaus-sonnental.de', 'other suffix'],
    ['autohaus-sonnental-gmbh.de', 'autohaus-sonnental.de', 'added word'],
    ['kanzlei-schrnidt.de', 'kanzlei-schmidt.de', 'confusable'],
    ['kanzlei-schmiidt.de', 'kanzlei-schmidt.de', 'misspelled'],
    ['mueller-zerspanung.de', 'müller-zerspanung.de', 'confusable'],
    ['muller-zerspanung.de', 'müller-zerspanung.de', 'confusable'],
    ['brunnenvverk.de', 'brunnenwerk.de', 'confusable'],
    ['brunnnenwerk.de', 'brunnenwerk.de', 'misspelled'],
    ['hausverwaltung-koenigsbilck.de', 'hausverwaltung-koenigsblick.de', 'misspelled'],
    ['rheintaIer-treuhand.ch'.toLowerCase(), 'rheintaler-treuhand.ch', 'misspelled'],
    ['аllianz.de', undefined, 'mixed scripts'],
    ['brunnеnwerk.de', undefined, 'mixed scripts'],
  ] as const) {
    it(`${host}: ${how}`, () => expect(asked(host)).toEqual({ of, how }))
  }
})

describe('an honest firm is taken for nobody else', () => {
  for (const host of [
    // Themselves.
    ...partners,
    'post.autohaus-sonnental.de',
    // Families that differ in a letter, and one family in several trades.
    'kanzlei-schmitt.de',
    'kanzlei-schmitz.de',
    'meyer-bau.de',
    'maier-bau.de',
    'meier-dach.de',
    'steuerberatung-kalb.de',
    'steuerberatung-korb.de',
    'steuerberatungkolb.com',
    'elektro-hasse.de',
    'elektro-haas.de',
    'bauer-gmbh.de',
    'bauer.com',
    'brauer.de',
    'baur.de',
    'schreinerei-hubert.de',
    'schreinerei-huber.at',
    'kanzlei-schmidt.at',
    'huber.de',
    // One place, another trade; short names; numbers.
    'praxis-am-tor.de',
    'praxis-am-main.de',
    'notariat-am-park.de',
    'haus24.de',
    'haus2.de',
    'allianz.com',
    'allianz-arena.de',
    'dwd.de',
    'dvvt.de',
    'autohaus-sonnenberg.de',
    'hausverwaltung-koenigstein.de',
    'brunnenbau.de',
    'zweiradwelt.de',
    'fahrradcenter.de',
    'mueller-fraestechnik.de',
    'rheintaler-druckerei.ch',
    'musterhaus.de',
    'kanzlei-musterberg.de',
    'kanzlei-sommer.de',
    'gmx.de',
    'web.de',
    'bund.de',
    'почта.рф',
  ]) {
    it(host, () => expect(asked(host)).toBeUndefined())
  }
})

it('any author’s domain is compared with a thousand in little time', () => {
  const many = guardedDomains(
    Array.from({ length: 1000 }, (_, index) => ({
      label: `firma-${(index * 7919).toString(36)}-${(index * 104_729).toString(26)}`,
      suffix: 'de',
      own: false,
    })),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }), (label) => {
      lookalikeOf({ label, suffix: 'de' }, `${label}.de`, many)
    }),
  )
})
