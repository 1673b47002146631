import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { PermanentFailure } from '../../../src/failure.ts'
import { parseAddressList } from '../../../src/message/address-list.ts'
import {
  addressField,
  buildField,
  contentDispositionField,
  contentTypeField,
  structuredField,
} from '../../../src/message/build-field.ts'
import { parseContentType, parseParameters } from '../../../src/message/content-type.ts'
import { decodeText } from '../../../src/message/encoded-words.ts'
import { headerBytes, parseHeader, unfold } from '../../../src/message/header.ts'
import type { HeaderField } from '../../../src/message/header-field.ts'

/** One field on the wire: read back as one, no line too long, none of blanks only. */
function expectOneField(field: HeaderField): void {
  const bytes = headerBytes([field])
  expect(parseHeader(bytes)).toEqual({ fields: [field], ambiguities: [] })
  for (const line of Buffer.from(bytes).toString('latin1').split('\r\n').slice(0, -1)) {
    expect(line.length).toBeLessThanOrEqual(998)
    expect(line.trim()).not.toBe('')
  }
}

test.each([
  ['Hello', ' Hello'],
  ['', ''],
  ['Grüße', ' =?UTF-8?Q?Gr=C3=BC=C3=9Fe?='],
  ['looks =?like?= one', ' =?UTF-8?Q?looks_=3D=3Flike=3F=3D_one?='],
  [
    'a word and another and one more until the line of the field is longer than it should be',
    ' a word and another and one more until the line of the field is longer\r\n than it should be',
  ],
])('the text %j becomes the value %j', (text, value) => {
  expect(buildField('Subject', text)).toEqual({ name: 'Subject', value })
})

describe('line ends and other controls', () => {
  const hostile = ['a\r\nBcc: x@example.org', 'a\nb', 'a\rb', 'a\0b', '\x1b[31m', 'a\x7f']
  const builders: [string, (text: string) => HeaderField][] = [
    ['free text', (text) => buildField('Subject', text)],
    ['structured text', (text) => structuredField('X-A', text)],
    ['a display name', (text) => addressField('To', [{ name: text, address: 'a@example.org' }])],
    ['an address', (text) => addressField('To', [{ address: text }])],
    ['a parameter', (text) => contentTypeField('a/b', new Map([['name', text]]))],
    ['a type', (text) => contentTypeField(text)],
    ['a file name', (text) => contentDispositionField('attachment', text)],
    ['a field name', (text) => structuredField(text, 'x')],
  ]
  it.each(builders)('in %s are refused', (_, build) => {
    for (const text of hostile) expect(() => build(`x${text}y`)).toThrow(PermanentFailure)
  })
})

test('any text becomes one field that shows the text again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const clean = text.replace(/\p{Cc}/gu, '')
      const field = buildField('Subject', clean)
      expectOneField(field)
      expect(decodeText(unfold(field.value).trim())).toBe(clean.trim())
    }),
  )
})

test('long words, long blanks and long lists stay within the line limit', () => {
  expectOneField(buildField('Subject', 'x'.repeat(5000)))
  expectOneField(buildField('Subject', `a${' '.repeat(200)}b${' '.repeat(2000)}c`))
  expectOneField(
    addressField(
      'To',
      Array.from({ length: 500 }, (_, index) => ({ address: `u${index}@example.org` })),
    ),
  )
  expect(() => structuredField('X-A', 'x'.repeat(1000))).toThrow(PermanentFailure)
})

test('addresses and names are read back', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replace(/[\p{Cc}]/gu, ''))
  const address = fc.constantFrom('ann@example.org', '"a b"@example.org', 'jörg@example.org')
  fc.assert(
    fc.property(fc.array(fc.record({ name, address }), { minLength: 1, maxLength: 5 }), (addresses) => {
      const field = addressField('From', addresses)
      const list = parseAddressList(field.value)
      expect(list.kind === 'list' && list.mailboxes.map((one) => one.address)).toEqual(
        addresses.map((one) => one.address),
      )
      // Runs of blanks count as one blank in a name that is not quoted.
      const shown = addresses.map((one) => one.name.trim().replace(/ +/g, ' ') || undefined)
      expect(list.kind === 'list' && list.mailboxes.map((one) => one.name?.replace(/ +/g, ' '))).toEqual(
        shown,
      )
    }),
  )
})

test('file names of any kind are read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 150 }), (text) => {
      const fileName = text.replace(/\p{Cc}/gu, '')
      const field = contentDispositionField('attachment', fileName)
      expectOneField(field)
      const read = parseParameters(field.value)
      expect([read.first, read.parameters.get('filename'), read.ambiguities]).toEqual([
        'attachment',
        fileName,
        [],
      ])
    }),
  )
})

test('a type with parameters is folded between them', () => {
  const field = contentTypeField(
    'multipart/signed',
    new Map([
      ['protocol', 'application/pkcs7-signature'],
      ['micalg', 'sha-256'],
      ['boundary', '=_0123456789abcdef'],
    ]),
  )
  expect(field.value).toBe(
    ' multipart/signed; protocol="application/pkcs7-signature";\r\n micalg=sha-256; boundary="=_0123456789abcdef"',
  )
  expect(parseContentType(field.value).boundary).toBe('=_0123456789abcdef')
})
