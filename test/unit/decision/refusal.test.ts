import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { type RefusalCase, refusal } from '../../../src/decision/refusal.ts'
import { toAscii } from '../../../src/decision/to-ascii.ts'

const kinds: readonly RefusalCase[] = [
  'trust',
  'authentication',
  'blocked',
  'malware',
  'author',
  'ownDomain',
  'closed',
  'office',
  'comeAgain',
  'scanner',
  'spfUnknown',
  'dnsUnknown',
]
const reference = 'K7Q2M8R4T6W1X3Y5'

for (const kind of kinds) {
  test(`the words for "${kind}" are short lines of ASCII, with the reference first and last and whom to call`, () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ minLength: 3, maxLength: 40 }),
        (name, detail) => {
          const organization = { name, telephone: '+49 9721 0000' }
          const { code, enhancedStatus, lines } = refusal(kind, { organization, reference, detail })
          expect(enhancedStatus[0]).toBe(String(code)[0])
          for (const line of lines) {
            expect(`${code}-${enhancedStatus} ${line}`.length).toBeLessThanOrEqual(110)
            expect(line).toMatch(/^[ -~]+$/)
          }
          expect(lines.at(0)).toContain(reference)
          expect(lines.at(-1)).toContain(reference)
          expect(lines.join('\n')).toContain('+49 9721 0000')
        },
      ),
    )
  })
}

it('a refused sender is told in German and in English what to do', () => {
  const organization = { name: 'Kanzlei Müller & Söhne', telephone: '+49 9721 0000' }
  expect(refusal('trust', { organization, reference })).toEqual({
    code: 550,
    enhancedStatus: '5.7.1',
    lines: [
      'NICHT ANGENOMMEN: Ihre E-Mail an Kanzlei Mueller & Soehne wurde abgelehnt. Ref. K7Q2M8R4T6W1X3Y5',
      'Grund: Absender hier noch nicht bekannt und Nachricht auffaellig.',
      'Bitte rufen Sie uns an: +49 9721 0000. Sobald wir Ihnen geschrieben haben,',
      'senden Sie Ihre E-Mail einfach erneut - sie kommt dann an.',
      'Please call +49 9721 0000; after we have written to you, send your mail again.',
      'Reason: sender not yet known here.',
      'REJECTED, not delivered. Questions: please call +49 9721 0000. Ref. K7Q2M8R4T6W1X3Y5',
    ],
  })
})

it('the malware is named', () => {
  const organization = { name: 'Kanzlei', telephone: '+49 9721 0000' }
  const { lines } = refusal('malware', { organization, reference, detail: 'Win.Test-1' })
  expect(lines).toContain('Grund: Schadsoftware gefunden: Win.Test-1')
  expect(lines).toContain('Reason: malware found: Win.Test-1')
})

for (const [text, ascii] of [
  ['Größe', 'Groesse'],
  ['Café – „gut“', 'Cafe - "gut"'],
  ['a\r\nb\tc', 'a b c'],
  ['Łódź 法', '?odz ?'],
] as const) {
  it(`${JSON.stringify(text)} is spelled ${ascii}`, () => expect(toAscii(text, 100)).toBe(ascii))
}
