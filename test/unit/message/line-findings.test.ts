import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findInLines, type LineFindings, withLineEnds } from '../../../src/message/line-findings.ts'

async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}
const found = async (text: string, sizes: readonly number[] = [65_536]) =>
  Object.entries(await findInLines(pieces(text, sizes))).flatMap(([name, is]) => (is ? [name] : []))

const longest = 'x'.repeat(998)

test.each<[string, string, (keyof LineFindings)[]]>([
  ['nothing', '', []],
  ['plain lines', 'Guten Tag,\r\n\r\nAnna', []],
  ['a line of 998 bytes', `${longest}\r\n`, []],
  ['a line of 999 bytes', `${longest}x\r\n`, ['overlong']],
  ['a last line of 999 bytes', `a\r\n${longest}x`, ['overlong']],
  ['a byte above 127', 'Gr\xfc\xdfe\r\n', ['eightBit']],
  ['a NUL', 'a\0b\r\n', ['eightBit']],
  ['a CR inside a line', 'a\rb\r\n', ['bareReturn']],
  ['a CR at the very end', 'a\r', ['bareReturn']],
  ['two CR before the LF', 'a\r\r\n', ['bareReturn']],
  ['an LF alone', 'a\nb\r\n', ['bareFeed']],
  ['a blank before CRLF', '-- \r\n', ['trailingBlank']],
  ['a tab before an LF', 'a\t\n', ['bareFeed', 'trailingBlank']],
  ['a blank at the very end', 'a ', ['trailingBlank']],
  ['a From line', 'From here\r\n', ['fromLine']],
  ['a From line later', 'a\r\nFrom here\r\n', ['fromLine']],
  ['a From inside a line', 'a From here\r\n>From\r\nFromage\r\nFrFrom here\r\n', []],
])('%s breaks the signature of a mail or not, wherever it is cut', async (_, text, expected) => {
  expect(await found(text)).toEqual(expected)
  expect(await found(text, [1])).toEqual(expected)
  expect(await found(text, [3, 2])).toEqual(expected)
})

test('line ends become CRLF and nothing else changes, wherever the text is cut', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', '\r', '\n', '\r\n', '\xff'), maxLength: 40 })
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(text, cuts, async (before, sizes) => {
      const all: Uint8Array[] = []
      for await (const piece of withLineEnds(pieces(before, sizes))) all.push(Buffer.from(piece))
      expect(Buffer.concat(all).toString('latin1')).toBe(before.replaceAll(/(?<!\r)\n/g, '\r\n'))
    }),
  )
})
