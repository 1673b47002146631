import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import type { Edit } from '../../../src/milter/filter.ts'
import { writeEdits } from '../../../src/milter/write-edits.ts'

const agreement = { version: 6, actions: 0x113, protocol: 0x100000 }
const wire = (...edits: Edit[]) => writeEdits(edits, agreement).map((packet) => packet.toString('latin1', 4))
const add = (value: string, name = 'X-A'): Edit => ({ kind: 'addHeader', name, value })

for (const [what, edit, expected] of [
  [
    'a field above everything',
    { kind: 'insertHeader', index: 0, name: 'A', value: ' v' },
    'i\0\0\0\0A\0 v\0',
  ],
  ['a field at the end', add(' v'), 'hX-A\0 v\0'],
  ['a changed field', { kind: 'changeHeader', name: 'A', occurrence: 2, value: ' v' }, 'm\0\0\0\x02A\0 v\0'],
  ['a deleted field', { kind: 'deleteHeader', name: 'A', occurrence: 1 }, 'm\0\0\0\x01A\0\0'],
  ['folds as LF, for a CR would go out to the world', add(' a,\r\n\tb\r\n c'), 'hX-A\0 a,\n\tb\n c\0'],
  ['8-bit bytes as they are', add(' \xe9\xff'), 'hX-A\0 \xe9\xff\0'],
  ['an added field without value', add(''), 'hX-A\0\0'],
] as const satisfies readonly (readonly [string, Edit, string])[]) {
  it(`writes ${what}`, () => expect(wire(edit)).toEqual([expected]))
}

for (const [what, edit] of [
  ['a line end that begins a field of its own', add(' a\r\nBcc: x@y.test')],
  ['a line end that begins the body', add(' a\r\n\r\nbody')],
  ['a line end at the end', add(' a\r\n')],
  ['a lone CR', add(' a\rb')],
  ['a NUL', add(' a\0b')],
  ['characters that are no bytes', add(' €')],
  ['a line of more than 998 characters', add(` ${'x'.repeat(994)}`)],
  ['more than Sendmail takes in a packet', add(`${' x\r\n'.repeat(33_000)} x`)],
  ['a name with a colon', add(' v', 'A:B')],
  ['a name with a space', add(' v', 'A ')],
  ['no name', add(' v', '')],
  ['a change to nothing, which would delete', { kind: 'changeHeader', name: 'A', occurrence: 1, value: '' }],
  ['an occurrence of 0, which would mean 1', { kind: 'deleteHeader', name: 'A', occurrence: 0 }],
  ['a negative position', { kind: 'insertHeader', index: -1, name: 'A', value: ' v' }],
] as const satisfies readonly (readonly [string, Edit])[]) {
  it(`refuses ${what}`, () => expect(() => wire(edit)).toThrow(RangeError))
}

test('deletions go from the last field to the first, and before additions of the same name', () => {
  expect(
    wire(
      { kind: 'insertHeader', index: 0, name: 'A', value: ' new' },
      { kind: 'deleteHeader', name: 'A', occurrence: 1 },
      { kind: 'deleteHeader', name: 'a', occurrence: 3 },
      { kind: 'deleteHeader', name: 'A', occurrence: 3 },
      { kind: 'changeHeader', name: 'A', occurrence: 2, value: ' two' },
    ),
  ).toEqual(['m\0\0\0\x02A\0 two\0', 'm\0\0\0\x03A\0\0', 'm\0\0\0\x01A\0\0', 'i\0\0\0\0A\0 new\0'])
})

test('an MTA that adds a space by itself gets the value without one', () => {
  const packets = writeEdits([add(' v'), add('v'), add('\tv')], { ...agreement, protocol: 0 })
  expect(packets.map((packet) => packet.toString('latin1', 4))).toEqual([
    'hX-A\0v\0',
    'hX-A\0v\0',
    'hX-A\0\tv\0',
  ])
})

test('changes that the MTA did not offer defer the message', () => {
  const edit: Edit = { kind: 'deleteHeader', name: 'A', occurrence: 1 }
  expect(() => writeEdits([edit], { ...agreement, actions: 0x3 })).toThrow(MailFailure)
  expect(() => writeEdits([add(' v')], { ...agreement, actions: 0x12 })).toThrow(MailFailure)
})

test('no value, whatever it holds, can begin a line of its own', () => {
  const text = fc.string({
    unit: fc.constantFrom('\r', '\n', ' ', '\t', 'a', ':', '\0', '\xff', 'Ā'),
    maxLength: 30,
  })
  fc.assert(
    fc.property(text, (value) => {
      let packets: string[]
      try {
        packets = wire(add(value))
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        return
      }
      expect(packets[0]).not.toMatch(/\r|\n(?![ \t])/)
      expect(packets[0]?.split('\0')).toHaveLength(3)
    }),
    { numRuns: 2000 },
  )
})
