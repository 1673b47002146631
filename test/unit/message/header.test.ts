import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldsNamed, firstValue, headerBytes, parseHeader, unfold } from '../../../src/message/header.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

test('fields keep their bytes and folds', () => {
  const block = 'Subject:  a\r\n\tb\r\nX-Raw:\xff\r\nEmpty:\r\n\r\nbody: no\r\n'
  const { fields, ambiguities } = parseHeader(bytes(block))
  expect(fields).toEqual([
    { name: 'Subject', value: '  a\r\n\tb' },
    { name: 'X-Raw', value: '\xff' },
    { name: 'Empty', value: '' },
  ])
  expect(ambiguities).toEqual(['eight-bit-header'])
  expect(Buffer.from(headerBytes(fields)).toString('latin1')).toBe(
    block.slice(0, block.indexOf('\r\n\r\n') + 2),
  )
})

test('folds of LF are kept on reading and become CRLF on writing', () => {
  const { fields } = parseHeader(bytes('A: b\n c\n'))
  expect(fields).toEqual([{ name: 'A', value: ' b\n c' }])
  expect(Buffer.from(headerBytes(fields)).toString()).toBe('A: b\r\n c\r\n')
})

test('fields are found without regard to case, in order', () => {
  const { fields } = parseHeader(bytes('A: 1\r\nB: 2\r\na: 3\r\n  4\r\n'))
  expect(fieldsNamed(fields, 'A').map(({ value }) => value)).toEqual([' 1', ' 3\r\n  4'])
  expect(firstValue(fields, 'b')).toBe('2')
  expect(firstValue(fields, 'c')).toBeUndefined()
  expect(unfold(' 3\r\n  4')).toBe(' 3  4')
})

test('a value never unfolds to more than one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\r', '\n', ' ', '\0') }), (value) => {
      expect(unfold(value)).not.toMatch(/[\r\n\0]/)
    }),
  )
})

test('any well-formed header is written as it was read', () => {
  const field = fc.tuple(
    fc.constantFrom('A', 'X-y', 'From'),
    fc.constantFrom('', ' ', ' a', 'b\r\n c', ' \xfc "x"\r\n\t;'),
  )
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const block = bytes(fields.map(([name, value]) => `${name}:${value}\r\n`).join(''))
      expect(Buffer.from(headerBytes(parseHeader(block).fields))).toEqual(block)
    }),
  )
})

test('arbitrary bytes give fields whose names are names', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (block) => {
      for (const { name } of parseHeader(block).fields) expect(name).toMatch(/^[!-9;-~]+$/)
    }),
  )
})
