import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { detectInText } from '../../../../src/decision/detectors/detect-in-text.ts'
import { holdsIban } from '../../../../src/decision/detectors/holds-iban.ts'
import { holdsSocialSecurityNumber } from '../../../../src/decision/detectors/holds-social-security-number.ts'
import { holdsTaxId } from '../../../../src/decision/detectors/holds-tax-id.ts'
import { wordFinder } from '../../../../src/decision/detectors/word-finder.ts'

/** Examples of the IBAN registry. */
const ibans = [
  'DE89370400440532013000',
  'AT611904300234573201',
  'CH9300762011623852957',
  'GB29NWBK60161331926819',
  'FR1420041010050500013M02606',
  'NO9386011117947',
  'MT84MALT011000012345MTLCAST001S',
  'BR1800360305000010009795493C1',
  'LC55HEMM000100010012001200023015',
  'SC18SSCB11010000000000001497USD',
  'NL91ABNA0417164300',
  'BE68539007547034',
]

describe('an IBAN', () => {
  for (const iban of ibans) {
    it(`is found as it is printed and as it is typed: ${iban}`, () => {
      expect(holdsIban(`IBAN: ${iban.replace(/(.{4})(?=.)/g, '$1 ')}, danke`)).toBe(true)
      expect(holdsIban(iban.toLowerCase())).toBe(true)
    })

    it(`with another digit is none: ${iban}`, () => {
      for (let at = 2; at < iban.length; at += 1) {
        const digit = iban[at] ?? ''
        if (!/\d/.test(digit)) continue
        const other = `${iban.slice(0, at)}${(Number(digit) + 1) % 10}${iban.slice(at + 1)}`
        expect(holdsIban(other)).toBe(false)
      }
    })
  }

  for (const [what, text, found] of [
    ['over a line end', 'DE89 3704 0044\r\n0532 0130 00', true],
    ['with no-break spaces', 'DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000', true],
    ['over a line end in a quotation', '> DE89 3704 0044 \r\n> 0532 0130 00', true],
    ['with hyphens', 'DE89-3704-0044-0532-0130-00', true],
    ['in the middle of a longer number', 'DE893704004405320130005', false],
    ['behind a letter', 'XDE89370400440532013000', false],
    ['of a country that has none', 'US89370400440532013000', false],
    ['whose country writes digits only, with letters', 'DE89 3704 0044 0532 013O 00', false],
  ] as const) {
    it(`${what} is ${found ? 'one' : 'none'}`, () => {
      expect(holdsIban(text)).toBe(found)
    })
  }

  test('is seen in one of 97 random numbers of the right form, no more', () => {
    let hits = 0
    const numbers = fc.sample(fc.integer({ min: 0, max: 1e15 }), { numRuns: 20_000, seed: 7 })
    for (const [index, number] of numbers.entries()) {
      const digits = String(number * 1000 + (index % 1000))
        .padStart(20, '0')
        .slice(0, 20)
      if (/^\d{20}$/.test(digits) && holdsIban(`DE${digits}`)) hits += 1
    }
    expect(hits).toBeGreaterThan(100)
    expect(hits).toBeLessThan(320)
  })
})

test('what is copied from a page is found in spite of invisible characters and wide digits', () => {
  expect(detectInText(['DE89\u200b 3704\u00ad0044\u20600532 0130 00'], [])).toEqual(['iban'])
  expect(detectInText(['\uff24\uff25\uff18\uff19 3704 0044 0532 0130 00'], [])).toEqual(['iban'])
})

describe('a tax identification number', () => {
  for (const [text, found] of [
    ['Steuer-ID 86095742719', true],
    ['86 095 742 719.', true],
    ['47036892816', true],
    ['65929970489', true],
    ['86095742710', false],
    ['02476291358', false],
    ['860957427190', false],
    ['A86095742719', false],
    ['11111111111', false],
    // A check digit that is right, but ten different digits.
    ['12345678903', false],
  ] as const) {
    it(`${text} is ${found ? 'one' : 'none'}`, () => {
      expect(holdsTaxId(text)).toBe(found)
    })
  }

  test('has one check digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9][0-9]{9}$/), (first) => {
        const hits = Array.from('0123456789').filter((check) => holdsTaxId(first + check))
        expect(hits.length).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('a social security number', () => {
  for (const [text, found] of [
    ['15 070649 C 103', true],
    ['15070649C103', true],
    ['65170839j003', true],
    ['15070649C104', false],
    ['15 071349 C 103', false],
    ['115070649C103', false],
  ] as const) {
    it(`${text} is ${found ? 'one' : 'none'}`, () => {
      expect(holdsSocialSecurityNumber(text)).toBe(found)
    })
  }

  test('has one check digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{4}0[1-9][0-9]{2}[A-Z][0-9]{2}$/), (first) => {
        const hits = Array.from('0123456789').filter((check) => holdsSocialSecurityNumber(first + check))
        expect(hits).toHaveLength(1)
      }),
    )
  })
})

describe('a word of a list', () => {
  const finds = wordFinder(['Kündigung', 'Straße 5', 'streng geheim', 'e-mail'])
  for (const [text, found] of [
    ['Ihre KÜNDIGUNG', true],
    ['die Kuendigung.', true],
    ['Ku\u0308ndigung', true],
    ['Kün\u00addigung', true],
    ['Kündigungen', false],
    ['Aufkündigung', false],
    ['STRASSE 5', true],
    ['streng\r\n  geheim', true],
    ['streng ist geheim', false],
    ['eine E-Mail', true],
    ['', false],
  ] as const) {
    it(`is ${found ? '' : 'not '}in "${text}"`, () => {
      expect(finds(text)).toBe(found)
    })
  }
})

test('any text is looked through, and ordinary numbers are nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(Array.isArray(detectInText([text], ['x']))).toBe(true)
    }),
  )
  const letter =
    'Rechnung 2026-004711 vom 22.11.2026 über 1.234,56 EUR, Telefon +49 30 5550100, Az. 4 K 123/26'
  expect(detectInText([letter], ['Kündigung'])).toEqual([])
})
