import { posix, win32 } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { safeFileName } from '../../../src/delivery/safe-file-name.ts'

describe('the name of a released file', () => {
  for (const [name, safe] of [
    ['Bilanz 2026.docx', 'Bilanz 2026 (0123abcd).docx'],
    ['Größe.xlsx', 'Größe (0123abcd).xlsx'],
    ['../../etc/passwd', '_.._etc_passwd (0123abcd)'],
    ['/etc/cron.d/x.doc', '_etc_cron.d_x (0123abcd).doc'],
    ['C:\\Windows\\a.doc', 'C__Windows_a (0123abcd).doc'],
    ['a\0b.doc', 'a_b (0123abcd).doc'],
    ['a\r\nb.doc', 'a__b (0123abcd).doc'],
    ['\u202Ecod.exe', '_cod (0123abcd).exe'],
    ['.bashrc', 'bashrc (0123abcd)'],
    ['..', 'ohne Namen (0123abcd)'],
    ['', 'ohne Namen (0123abcd)'],
    ['CON.docx', '_CON (0123abcd).docx'],
    ['nul', '_nul (0123abcd)'],
    ['com1 .x.docx', '_com1 .x (0123abcd).docx'],
    ['name. . .', 'name (0123abcd)'],
    ['postsiegel.log', 'postsiegel (0123abcd).log'],
    ['a:b.doc', 'a_b (0123abcd).doc'],
  ] as const) {
    it(`that came as ${JSON.stringify(name)} is ${safe}`, () => {
      expect(safeFileName(name, ' (0123abcd)')).toBe(safe)
    })
  }

  it('that came with 4 kB is cut, between characters, and keeps its ending', () => {
    const safe = safeFileName(`${'ä😀'.repeat(1000)}.docx`, ' (0123abcd)')
    expect(Buffer.byteLength(safe)).toBeLessThan(200)
    expect(safe).toMatch(/(ä|😀) \(0123abcd\)\.docx$/u)
  })
})

test('a name of any kind is one component that no program takes for something else', () => {
  const awkward = fc.constantFrom(
    '..',
    '/',
    '\\',
    '\0',
    '\n',
    'CON',
    '.',
    ' ',
    '\u202e',
    '\ud800',
    ':',
    'é',
    'nul.',
    'ﬀ',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(awkward, fc.string({ unit: 'binary' })), { maxLength: 40 }), (pieces) => {
      for (const mark of ['', ' (0123abcd)']) {
        const safe = safeFileName(pieces.join(''), mark)
        expect(posix.basename(safe)).toBe(safe)
        expect(win32.basename(safe)).toBe(safe)
        expect(safe).not.toMatch(/[\p{C}/\\:*?"<>|]|^[. ]|[. ]$/u)
        expect(safe).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i)
        expect(Buffer.byteLength(safe)).toBeLessThan(255)
      }
    }),
  )
})
