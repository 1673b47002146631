import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { writeEdits } from '../../../src/milter/write-edits.ts'
import { isWritable } from '../../../src/protection/writable-field.ts'

const agreement = { version: 6, actions: 0x1ff, protocol: 0x1fffff }

it('ordinary fields can stand in a header, folded ones and 8-bit ones too', () => {
  for (const value of [
    ' text/plain',
    ' multipart/mixed;\r\n boundary=x',
    ' text/plain; name="Gr\xfc\xdfe"',
    ' a\n b',
  ])
    expect(isWritable({ name: 'Content-Type', value })).toBe(true)
})

it('what would end the header, or is no field, cannot', () => {
  for (const [name, value] of [
    ['Content-Type', ' a\r\n\r\nb'],
    ['Content-Type', ' a\r\nX: b'],
    ['Content-Type', ' a\r\n \r\n b'],
    ['Content-Type', ' a\rb'],
    ['Content-Type', ' a\0b'],
    ['Content-Type', ` ${'x'.repeat(999)}`],
    ['Content Type', ' a'],
    ['', ' a'],
    ['Content-Type:', ' a'],
  ] as const)
    expect([value, isWritable({ name, value })]).toEqual([value, false])
})

test('whatever can stand in a header, Postfix is told without an error', () => {
  const piece = fc.constantFrom('\r', '\n', ' ', '\t', 'x', ':', '\0', '\xff', 'x'.repeat(500), '\r\n ', '"')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const field = { name: 'Content-Type', value: ` ${pieces.join('')}` }
      if (isWritable(field))
        expect(() => writeEdits([{ kind: 'addHeader', ...field }], agreement)).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})
