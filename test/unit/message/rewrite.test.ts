import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildPart } from '../../../src/message/build-part.ts'
import { type ByteSource, bytesInMemory } from '../../../src/message/byte-source.ts'
import { MimeScanner } from '../../../src/message/mime-scanner.ts'
import { replaceParts } from '../../../src/message/rewrite.ts'

const source = (text: string) => bytesInMemory(Buffer.from(text, 'latin1'))
const text = (bytes: ByteSource) => Buffer.from(bytes.read(0, bytes.size)).toString('latin1')
const treeOf = (bytes: ByteSource) => {
  const scanner = new MimeScanner()
  scanner.push(bytes.read(0, bytes.size))
  return scanner.end()
}

const message = source(
  [
    'Subject: x',
    'Content-Type: multipart/mixed; boundary=a',
    '',
    'preamble',
    '--a',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    '',
    'one',
    '--b',
    '--b--',
    '--a  ',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    '',
    'two',
    '--a--',
    'epilogue',
  ].join('\r\n'),
)
const replacement = buildPart([{ name: 'Content-Type', value: ' x/y' }], source('new'))
const replaced = (path: string) =>
  text(replaceParts(message, treeOf(message), new Map([[path, replacement]])))

test.each([
  ['0.0', '\r\n\r\none\r\n--b\r\n', '\r\nContent-Type: x/y\r\n\r\nnew\r\n--b\r\n'],
  ['0.1', '--b\r\n--b--', '--b\r\nContent-Type: x/y\r\n\r\nnew\r\n--b--'],
  ['1.0', 'Subject: inner\r\n\r\ntwo', 'Content-Type: x/y\r\n\r\nnew'],
  ['1', 'Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntwo', 'Content-Type: x/y\r\n\r\nnew'],
])('part %s is replaced and nothing else changes', (path, old, now) => {
  expect(text(message).split(old)).toHaveLength(2)
  expect(replaced(path)).toBe(text(message).replace(old, now))
})

test('the root is replaced whole, two parts at once, and nothing without replacements', () => {
  const tree = treeOf(message)
  expect(replaced('')).toBe(text(replacement))
  expect(replaceParts(message, tree, new Map())).toBe(message)
  const both = replaceParts(
    message,
    tree,
    new Map([
      ['1', replacement],
      ['0', replacement],
    ]),
  )
  expect(text(both)).toBe(
    'Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n--a\r\nContent-Type: x/y\r\n\r\nnew\r\n' +
      '--a  \r\nContent-Type: x/y\r\n\r\nnew\r\n--a--\r\nepilogue',
  )
})

test('a path that leads nowhere is a mistake', () => {
  expect(() => replaced('2')).toThrow(RangeError)
})

test('a replaced message reads as before with the new part in its place', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('0', '0.0', '0.1', '1', '1.0'),
      fc.string({ unit: fc.constantFrom('a', '\r\n', ' ', '=2D') }),
      (path, body) => {
        const part = buildPart([{ name: 'Content-Type', value: ' x/y' }], source(body))
        const whole = replaceParts(message, treeOf(message), new Map([[path, part]]))
        let found = treeOf(whole).root
        for (const index of path.split('.')) found = found.children[Number(index)] ?? found
        expect(text(whole.window(found.headerStart, found.bodyEnd))).toBe(text(part))
      },
    ),
  )
})
