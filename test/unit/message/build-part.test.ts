import { expect, test } from 'vitest'
import { buildMultipart, buildPart, entityOf, partBytes } from '../../../src/message/build-part.ts'
import { type ByteSource, bytesInMemory } from '../../../src/message/byte-source.ts'
import { MimeScanner } from '../../../src/message/mime-scanner.ts'

const source = (text: string) => bytesInMemory(Buffer.from(text, 'latin1'))
const text = (bytes: ByteSource) => Buffer.from(bytes.read(0, bytes.size)).toString('latin1')

test('a multipart holds its parts byte for byte', () => {
  const parts = [
    buildPart([{ name: 'Content-Type', value: ' text/plain' }], source('Hello')),
    buildPart([{ name: 'Content-Type', value: ' text/html' }], source('<p>Hello\r\n')),
  ]
  const entity = buildMultipart('alternative', new Map(), parts, 'b')
  const whole = partBytes(entity)
  expect(text(whole)).toBe(
    'Content-Type: multipart/alternative; boundary=b\r\n\r\n' +
      '--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n' +
      '--b\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n\r\n--b--\r\n',
  )
  const scanner = new MimeScanner()
  scanner.push(whole.read(0, whole.size))
  const { root, ambiguities } = scanner.end()
  expect(root.children.map((part) => text(whole.window(part.headerStart, part.bodyEnd)))).toEqual(
    parts.map(text),
  )
  expect(ambiguities).toEqual([])
})

test('the entity of a message has its content fields, the type first, and its body', () => {
  const message = 'Subject: x\r\nContent-ID: <1>\r\nMIME-Version: 1.0\r\ncontent-type: a/b;\n c=d\r\n\r\nbody'
  const scanner = new MimeScanner()
  scanner.push(Buffer.from(message))
  const { root } = scanner.end()
  const entity = entityOf(root.fields, source(message), root.bodyStart)
  expect(text(partBytes(entity))).toBe('content-type: a/b;\r\n c=d\r\nContent-ID: <1>\r\n\r\nbody')
})

test('the entity of a message without a type says what it is', () => {
  const entity = entityOf([{ name: 'Subject', value: ' x' }], source('Subject: x\r\n\r\nbody'), 14)
  expect(text(partBytes(entity))).toBe('Content-Type: text/plain; charset=us-ascii\r\n\r\nbody')
})
