import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseContentType, parseParameters } from '../../../src/message/content-type.ts'

test.each([
  ['text/plain', 'text/plain', {}, ''],
  ['Text/HTML; Charset="UTF-8"', 'text/html', { charset: 'UTF-8' }, ''],
  [
    'text/plain; charset=us-ascii (Plain text)',
    'text/plain',
    { charset: 'us-ascii' },
    'comment-in-parameter',
  ],
  ['text (a) / (b) plain', 'text/plain', {}, ''],
  ['a/b; name="a;b\\"c"', 'a/b', { name: 'a;b"c' }, ''],
  ['a/b; name="C:\\TEMP\\\\a.png"', 'a/b', { name: 'C:\\TEMP\\a.png' }, ''],
  ['a/b; name=Report(1).pdf', 'a/b', { name: 'Report(1).pdf' }, ''],
  ['a/b; name=My File.pdf; x=y', 'a/b', { name: 'My File.pdf', x: 'y' }, 'malformed-parameter'],
  ['a/b; name="open', 'a/b', { name: 'open' }, 'malformed-parameter'],
  ['a/b; name="a" b; x=y', 'a/b', { name: 'a', x: 'y' }, 'malformed-parameter'],
  ['a/b; noise; x=y', 'a/b', { x: 'y' }, 'malformed-parameter'],
  ['a/b;; ; x = y ;', 'a/b', { x: 'y' }, ''],
  ['a/b; x=1; x=2', 'a/b', { x: '1' }, 'duplicate-parameter'],
  ["a/b; name*=utf-8'de'Gr%C3%BC%C3%9Fe.pdf", 'a/b', { name: 'Grüße.pdf' }, ''],
  ["a/b; name*=iso-8859-1''Gr%FC%DFe.pdf", 'a/b', { name: 'Grüße.pdf' }, ''],
  ['a/b; name*0="long "; name*1="name.pdf"', 'a/b', { name: 'long name.pdf' }, ''],
  ["a/b; name*1*=%BC.pdf; name*0*=utf-8''%C3", 'a/b', { name: 'ü.pdf' }, ''],
  ["a/b; name*0*=utf-8''a%20; name*1=b%20c", 'a/b', { name: 'a b%20c' }, ''],
  ['a/b; name*0=a; name*2=c', 'a/b', { name: 'a' }, 'malformed-parameter'],
  ['a/b; name*0=a; name*0=b', 'a/b', { name: 'a' }, 'duplicate-parameter'],
  ["a/b; name=x; name*=utf-8''y", 'a/b', { name: 'y' }, 'differing-parameter-forms'],
  ["a/b; name=x; name*=utf-8''x", 'a/b', { name: 'x' }, ''],
  ['a/b; name="=?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?="', 'a/b', { name: 'Grüße.pdf' }, ''],
  ['a/b; name="Gr\xc3\xbc\xc3\x9fe.pdf"', 'a/b', { name: 'Grüße.pdf' }, ''],
  ['a/b; name="fol\r\n ded.pdf"', 'a/b', { name: 'fol ded.pdf' }, ''],
  ['text/pl ain', 'text/plain', {}, 'malformed-content-type'],
  ['multipart/mixed boundary=x', 'text/plain', {}, 'malformed-content-type'],
  ['text', 'text/plain', {}, 'malformed-content-type'],
  ['', 'text/plain', {}, 'malformed-content-type'],
  ['; name=x', 'text/plain', { name: 'x' }, 'malformed-content-type'],
  ['a/b/c; name=x', 'text/plain', { name: 'x' }, 'malformed-content-type'],
])('%j is read as %s', (value, type, parameters, ambiguities) => {
  const { contentType, ambiguities: found } = parseContentType(value)
  expect([
    `${contentType.type}/${contentType.subtype}`,
    Object.fromEntries(contentType.parameters),
    found.join(' '),
  ]).toEqual([type, parameters, ambiguities])
})

test('a boundary keeps its bytes', () => {
  expect(parseContentType('multipart/mixed; boundary="\xc3\xbc =?x?="').boundary).toBe('\xc3\xbc =?x?=')
})

test('arbitrary values are read', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', ';', '=', '"', '\\', '(', ')', ' ', '*', '0', "'", '%', '\r\n ', '/', '\xfc'),
  })
  fc.assert(
    fc.property(value, (text) => void parseContentType(text)),
    { numRuns: 2000 },
  )
})

test.each([';', '"', '(', '\\', 'a=b;', ' ', 'a*0=b;', '""', '=', 'x=(', "a*=''%"])(
  '100 kB of %j are read',
  (piece) => {
    expect(typeof parseParameters(piece.repeat(100_000 / piece.length)).first).toBe('string')
  },
)
