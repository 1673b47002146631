import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shownFileName } from '../../../src/message/shown-file-name.ts'

describe('the name of a file that somebody else sent', () => {
  for (const [name, shown] of [
    ['Übersicht 2026.docx', 'Übersicht 2026.docx'],
    ['Grüße "an" <alle>.xlsx', 'Grüße "an" <alle>.xlsx'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['C:\\Temp\\a.doc', 'C:_Temp_a.doc'],
    ['a.docx\r\n\r\nDas Original ist sicher', 'a.docx Das Original ist sicher'],
    ['rechnung\u202excod.exe', 'rechnungxcod.exe'],
    ['\u0000\u0007', undefined],
    ['..', undefined],
    [' ', undefined],
    [`${'ä'.repeat(300)}.docx`, `${'ä'.repeat(114)}….docx`],
  ] as const) {
    it(`shows ${JSON.stringify(name.slice(0, 40))} as ${JSON.stringify(shown?.slice(0, 40))}`, () => {
      expect(shownFileName(name)).toBe(shown)
    })
  }

  it('is one line, short and without a path, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const shown = shownFileName(name) ?? 'x'
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}/\\]/u)
        expect(Array.from(shown).length).toBeLessThanOrEqual(120)
        expect(shownFileName(shown)).toBe(shown)
      }),
    )
  })
})
