import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { refusal } from '../../../src/decision/refusal.ts'
import { type RefusalCase, refusalCases } from '../../../src/decision/refusal-cases.ts'
import { toAscii } from '../../../src/decision/to-ascii.ts'

const kinds = Object.keys(refusalCases) as RefusalCase[]
const reference = 'K7Q2-81ZX-4M3P'
const telephone = '+49 9721 0000'
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary' }),
  fc.constant('$& {} $1'),
)

for (const kind of kinds) {
  test(`the words for "${kind}" are short lines of ASCII, with reference and number first and last and whom to call`, () => {
    const { number } = refusalCases[kind]
    const orders = fc.constantFrom(['de', 'en'] as const, ['en', 'de'] as const)
    fc.assert(
      fc.property(anyText, anyText, orders, fc.boolean(), (name, detail, languages, heals) => {
        const words = { organization: { name, telephone }, reference, languages, detail, heals }
        const { code, enhancedStatus, lines } = refusal(kind, words)
        expect(enhancedStatus[0]).toBe(String(code)[0])
        for (const line of lines) {
          expect(`${code}-${enhancedStatus} ${line}`.length).toBeLessThanOrEqual(110)
          expect(line).toMatch(/^[ -~]+$/)
        }
        expect(lines.at(0)?.endsWith(`Ref. ${reference} Code ${number}`)).toBe(true)
        expect(lines.at(-1)?.endsWith(`Ref. ${reference} Code ${number}`)).toBe(true)
        const text = lines.join('\n')
        if (code === 451 && heals) return
        expect(text).toContain(telephone)
        expect(text).toContain(languages[0] === 'de' ? 'Bitte' : 'Please')
        for (const label of ['Grund: ', 'Reason: ']) expect(text).toContain(label)
      }),
    )
  })
}

it('no two cases have one number', () => {
  const numbers = kinds.map((kind) => refusalCases[kind].number)
  expect(new Set(numbers).size).toBe(numbers.length)
})

const organization = { name: 'Kanzlei Müller & Söhne', telephone }

it('a refused sender is told in German and in English what to do', () => {
  expect(refusal('trust', { organization, reference, languages: ['de', 'en'], heals: true })).toEqual({
    code: 550,
    enhancedStatus: '5.7.1',
    lines: [
      'NICHT ANGENOMMEN: Ihre E-Mail an Kanzlei Mueller & Soehne. Ref. K7Q2-81ZX-4M3P Code 35',
      'Grund: Absender hier noch nicht bekannt und Nachricht auffaellig.',
      'Bitte rufen Sie uns an: +49 9721 0000. Sobald wir Ihnen geschrieben haben,',
      'senden Sie Ihre E-Mail einfach erneut - sie kommt dann an.',
      'Reason: sender not yet known here, and the message looks suspicious.',
      'Please call +49 9721 0000; after we have written to you,',
      'send your mail again and it will arrive.',
      'REJECTED, not delivered. Please call +49 9721 0000. Ref. K7Q2-81ZX-4M3P Code 35',
    ],
  })
})

it('an English sender first, where the policy says so', () => {
  const { lines } = refusal('comeAgain', { organization, reference, languages: ['en', 'de'], detail: '5' })
  expect(lines).toEqual([
    'NOT YET ACCEPTED: your mail to Kanzlei Mueller & Soehne. Ref. K7Q2-81ZX-4M3P Code 41',
    'Reason: please retry in 5 minutes (automatic).',
    'Your server will try again by itself. Questions? Please call +49 9721 0000.',
    'Grund: Bitte in 5 Minuten erneut senden (automatisch).',
    'Ihr Server versucht es von selbst erneut. Fragen? Bitte rufen Sie uns an: +49 9721 0000.',
    'NOCH NICHT ANGENOMMEN, Ihr Server versucht es erneut. Ref. K7Q2-81ZX-4M3P Code 41',
  ])
})

it('the malware is named', () => {
  const words = { organization, reference, languages: ['de', 'en'] as const, detail: 'Win.Test-1' }
  const { lines } = refusal('malware', words)
  expect(lines).toContain('Grund: Schadsoftware gefunden: Win.Test-1')
  expect(lines).toContain('Reason: malware found: Win.Test-1')
})

it('a long name of the house never costs the reference', () => {
  const words = { organization: { name: 'x'.repeat(300), telephone }, reference, languages: [] }
  expect(refusal('trust', words).lines[0]).toMatch(/x Ref\. K7Q2-81ZX-4M3P Code 35$/)
})

for (const [text, ascii] of [
  ['Größe', 'Groesse'],
  ['Café – „gut“', 'Cafe - "gut"'],
  ['a\r\nb\tc', 'a b c'],
  ['Łódź 法', '?odz ?'],
] as const) {
  it(`${JSON.stringify(text)} is spelled ${ascii}`, () => expect(toAscii(text, 100)).toBe(ascii))
}
