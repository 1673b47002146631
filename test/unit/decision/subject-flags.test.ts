import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { subjectFlags, withoutFlags } from '../../../src/decision/subject-flags.ts'
import { decodeText } from '../../../src/message/encoded-words.ts'
import { unfold } from '../../../src/message/header.ts'
import { utf8AsLatin1 } from '../../../src/message/latin1.ts'

const subject = (value: string) => [{ name: 'Subject', value: ` ${utf8AsLatin1(value)}` }]
const flagsOf = (fields: Parameters<typeof subjectFlags>[0]) => [...subjectFlags(fields).flags].join(' ')
const textOf = (fields: Parameters<typeof subjectFlags>[0]) =>
  withoutFlags(fields).map(({ value }) => decodeText(unfold(value)).trim())

describe('a subject', () => {
  for (const [written, flags, left] of [
    ['[encrypt] Ihr Bescheid', 'encrypt', 'Ihr Bescheid'],
    ['Ihr Bescheid [encrypt]', 'encrypt', 'Ihr Bescheid'],
    ['[ENCRYPT]Ihr Bescheid', 'encrypt', 'Ihr Bescheid'],
    ['[ Sign , encrypt;pdf ] Ihr Bescheid', 'sign encrypt pdf', 'Ihr Bescheid'],
    ['[sign] [pdf] Ihr Bescheid [confidential]', 'sign pdf confidential', 'Ihr Bescheid'],
    ['AW: [encrypt] Ihr Bescheid', 'encrypt', 'AW: Ihr Bescheid'],
    ['Re: AW: [extern] [encrypt] Ihr Bescheid', 'encrypt', 'Re: AW: [extern] Ihr Bescheid'],
    ['[encrypt] WG: Ihr Bescheid', 'encrypt', 'WG: Ihr Bescheid'],
    ['Re[2]: [plain] Ihr Bescheid', 'plain', 'Re[2]: Ihr Bescheid'],
    ['Ihr Bescheid [encrypt] [Akte 7]', 'encrypt', 'Ihr Bescheid [Akte 7]'],
    ['=?utf-8?Q?=5Bencrypt=5D_Gr=C3=BC=C3=9Fe?=', 'encrypt', 'Grüße'],
    ['[encrypt] Grüße', 'encrypt', 'Grüße'],
    ['=?utf-8?B?W2VuYw==?= =?utf-8?B?cnlwdF0gVGhlbWE=?=', 'encrypt', 'Thema'],
    ['\u200e[encrypt] Ihr Bescheid', 'encrypt', 'Ihr Bescheid'],
    ['Ihr Bescheid [en\u00adcrypt]\u200b', 'encrypt', 'Ihr Bescheid'],
    ['\uff3bencrypt\uff3d Ihr Bescheid', 'encrypt', 'Ihr Bescheid'],
    ['AW: Ihr Bescheid [encrypted] [signed OK]', 'encrypt', 'AW: Ihr Bescheid'],
    ['Re: Ihr Bescheid [signed INVALID]', '', 'Re: Ihr Bescheid'],
    ['AW: [Not  Decrypted] Ihr Bescheid', 'encrypt', 'AW: Ihr Bescheid'],
    ['[extern] Ihr Bescheid', '', '[extern] Ihr Bescheid'],
    ['[sign here] Vertrag', '', '[sign here] Vertrag'],
    ['Wie geht [encrypt] eigentlich?', '', 'Wie geht [encrypt] eigentlich?'],
    ['[] Ihr Bescheid', '', '[] Ihr Bescheid'],
    ['encrypt Ihr Bescheid', '', 'encrypt Ihr Bescheid'],
    ['[[encrypt]] Ihr Bescheid', '', '[[encrypt]] Ihr Bescheid'],
  ] as const) {
    it(`"${written}" asks for ${flags || 'nothing'}`, () => {
      expect(flagsOf(subject(written))).toBe(flags)
      expect(textOf(subject(written))).toEqual([left])
    })
  }

  it('that is folded between its words is read as one', () => {
    expect(flagsOf([{ name: 'SUBJECT', value: ' [sign\r\n encrypt]\r\n Thema' }])).toBe('sign encrypt')
  })

  it('of nothing but flags is left out', () => {
    expect(withoutFlags(subject('[encrypt]'))).toEqual([])
  })

  it('without flags keeps its bytes', () => {
    const [field] = subject('=?x?q?kaputt  [extern]')
    expect(withoutFlags(field ? [field] : [])[0]).toBe(field)
  })

  it('that came twice is cleaned twice', () => {
    const twice = [...subject('[sign] a'), ...subject('b [pdf]')]
    expect(flagsOf(twice)).toBe('sign pdf')
    expect(textOf(twice)).toEqual(['a', 'b'])
  })
})

describe('what a program asks', () => {
  it('by X-Postsiegel counts as in the subject', () => {
    expect(flagsOf([{ name: 'X-Postsiegel', value: ' Sign, encrypt' }])).toBe('sign encrypt')
  })

  it('with a typo is not passed over', () => {
    expect(subjectFlags([{ name: 'x-postsiegel', value: ' encypt' }]).unknown).toEqual(['encypt'])
  })

  for (const [value, flags] of [
    ['Private', 'confidential'],
    ['company-confidential', 'confidential'],
    ['Personal', ''],
    ['Normal', ''],
  ] as const) {
    it(`by Outlook’s sensitivity ${value} is ${flags || 'nothing'}`, () => {
      expect(flagsOf([{ name: 'Sensitivity', value: ` ${value}` }])).toBe(flags)
    })
  }
})

test('Outlook’s Thread-Topic loses the flags too, which it copies', () => {
  expect(textOf([{ name: 'Thread-Topic', value: ' [confidential] Kündigung' }])).toEqual(['Kündigung'])
  expect(flagsOf([{ name: 'Thread-Topic', value: ' [encrypt] x' }])).toBe('')
})

test('any subject is read in time, and none loses more than its brackets', () => {
  const piece = fc.oneof(
    fc.constantFrom('[encrypt]', '[sign pdf]', '[extern]', '[', ']', 'AW:', ' ', '\t'),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const fields = [{ name: 'Subject', value: utf8AsLatin1(pieces.join('').replace(/[\r\n]/g, ' ')) }]
      expect(flagsOf(withoutFlags(fields))).toBe('')
    }),
  )
})

test('a hundred thousand brackets take no longer than their bytes', () => {
  const long = '[a] '.repeat(25_000)
  expect(flagsOf(subject(`${long}[encrypt] x ${long}`))).toBe('encrypt')
})
