import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { subjectEdits, subjectTagsFor } from '../../../src/delivery/subject-tags.ts'
import { decodeText, encodeWords } from '../../../src/message/encoded-words.ts'
import { noProtection, type ProtectionFacts } from '../../../src/message/facts.ts'
import { unfold } from '../../../src/message/header.ts'
import type { HeaderField } from '../../../src/message/header-field.ts'

const subject = (value: string): HeaderField[] => [{ name: 'Subject', value: ` ${value}` }]

/** The subject as a reader sees it after the edits; undefined: it stays as it came. */
function after(
  fields: readonly HeaderField[],
  added: string | undefined,
  shown = fields,
): string | undefined {
  const edits = subjectEdits(fields, shown, added)
  if (edits.length === 0) return undefined
  const deleted = edits.filter(({ kind }) => kind === 'deleteHeader')
  expect(deleted).toHaveLength(fields.length)
  const written = edits.find((edit) => edit.kind === 'addHeader')
  return written?.kind === 'addHeader' ? decodeText(unfold(written.value)).trim() : ''
}

for (const [signature, encryption, tags] of [
  ['none', 'none', ''],
  ['valid', 'none', '[signed OK]'],
  ['invalid', 'none', '[signed INVALID]'],
  ['none', 'opened', '[encrypted]'],
  ['valid', 'opened', '[encrypted] [signed OK]'],
  ['none', 'closed', '[not decrypted]'],
] as const satisfies readonly (readonly [
  ProtectionFacts['signature'],
  ProtectionFacts['encryption'],
  string,
])[]) {
  it(`mail with signature ${signature} and encryption ${encryption} has the tags "${tags}"`, () => {
    expect(subjectTagsFor({ ...noProtection, signature, encryption })).toBe(tags)
  })
}

it('a tag stands behind the subject, whose bytes stay', () => {
  const raw = subject('=?iso-8859-1?Q?Steuererkl=E4rung?= 2026')
  expect(subjectEdits(raw, raw, '[encrypted]').at(-1)).toEqual({
    kind: 'addHeader',
    name: 'Subject',
    value: ' =?iso-8859-1?Q?Steuererkl=E4rung?= 2026\r\n [encrypted]',
  })
})

it('mail without a subject gets one for its tag only', () => {
  expect(after([], '[signed OK]')).toBe('[signed OK]')
  expect(after([], '')).toBeUndefined()
})

for (const [what, forged] of [
  ['as it is', 'Rechnung [signed OK]'],
  ['in front', '[signed OK] Rechnung'],
  ['in small letters with blanks', 'Rechnung [ SIGNED  ok ]'],
  ['in an encoded word', `Rechnung ${encodeWords('[signed OK]')}`],
  ['in pieces of encoded words', '=?utf-8?Q?Rechnung_[sig?= =?utf-8?Q?ned_OK]?='],
  ['with a letter that nobody sees', 'Rechnung [sig\u00e2\u0080\u008bned OK]'],
  ['with a Cyrillic letter', `Rechnung ${encodeWords('[sign\u0435d OK]')}`],
  ['in wide brackets', `Rechnung ${encodeWords('\uff3bsigned OK\uff3d')}`],
  ['in brackets of another script', `Rechnung ${encodeWords('\u3010signed OK\u3011')}`],
  ['within another one', 'Rechnung [sig[signed OK]ned OK]'],
  ['in round brackets', 'Rechnung (signed OK)'],
  ['in ornamental brackets', `Rechnung ${encodeWords('\u2772signed OK\u2773')}`],
  ['with digits', 'Rechnung [s1gned 0K]'],
  ['with a mark', `Rechnung ${encodeWords('[signed OK \u2713]')}`],
  ['together with another', 'Rechnung [encrypted, signed OK]'],
  ['from right to left', `Rechnung ${encodeWords('[\u202eKO dengis\u202c]')}`],
  ['with an underscore', 'Rechnung [signed_OK]'],
  ['for encryption', 'Rechnung [encrypted]'],
] as const) {
  it(`a tag that the sender wrote ${what} is removed`, () => {
    expect(after(subject(forged), '')).toBe('Rechnung')
    expect(after(subject(forged), '[signed INVALID]')).toBe('Rechnung [signed INVALID]')
  })
}

test('ten thousand tags within each other are gone in a few passes', () => {
  const forged = `${'[sig'.repeat(9000)}[signed OK]${'ned OK]'.repeat(9000)}`
  expect(after(subject(forged), '')).not.toMatch(/[[\]]/)
})

it('other words in brackets stay, and where tags mean nothing, all do', () => {
  for (const text of ['[extern] Hallo', '[encrypt] Hallo', 'Fall [2026-11]', '[signed copy] Vertrag'])
    expect(after(subject(text), '')).toBeUndefined()
  expect(after(subject('[signed OK]'), undefined)).toBeUndefined()
})

it('of two subjects one is left when one is forged or tagged', () => {
  const two = [...subject('Rechnung'), ...subject('Rechnung [signed OK]')]
  expect(after(two, '')).toBe('Rechnung')
  expect(after([...subject('Rechnung'), ...subject('Mahnung')], '[encrypted]')).toBe('Rechnung [encrypted]')
})

it('a subject from inside replaces the outer one, without its forgeries', () => {
  expect(after(subject('...'), '[encrypted]', subject('Innen [signed OK]'))).toBe('Innen [encrypted]')
  expect(after(subject('...'), undefined, subject('Innen'))).toBe('Innen')
})

it('a subject with a line that no server takes is written anew', () => {
  const value = subjectEdits(subject('x'.repeat(3000)), subject('x'.repeat(3000)), '[encrypted]').at(-1)
  const lines = value?.kind === 'addHeader' ? value.value.split('\r\n') : []
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(998)
})

test('whatever the subject, the written one carries no tag but ours, and is a sound field', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    'signed',
    ' ',
    'OK',
    'encrypted',
    '\u200b',
    'INVALID',
    'x',
    '\u3010',
    '\u3011',
    '=?',
    '?=',
    '\u0435',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const raw = Buffer.from(pieces.join('')).toString('latin1')
      const text = after(subject(raw), '[encrypted]') ?? ''
      expect(text.endsWith('[encrypted]')).toBe(true)
      expect(text.slice(0, -'[encrypted]'.length)).not.toMatch(/\[\s*(?:signed\s*ok|encrypted)\s*\]/i)
    }),
  )
})
