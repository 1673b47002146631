import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { dearmored, MalformedOpenPgp } from '../../../../src/protection/openpgp/dearmor.ts'

async function read(armored: string | Uint8Array): Promise<string> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of dearmored(bytesInMemory(Buffer.from(armored))))
      pieces.push(Uint8Array.from(piece))
  } catch (error) {
    if (error instanceof MalformedOpenPgp) return 'malformed'
    throw error
  }
  return Buffer.concat(pieces).toString('latin1')
}

const lines = (...all: readonly string[]) => all.join('\r\n')
const begin = '-----BEGIN PGP MESSAGE-----'
const end = '-----END PGP MESSAGE-----'

describe('the packets of a message are', () => {
  for (const [what, armored, packets] of [
    ['in its armor', lines(begin, '', 'SGVsbG8=', '=abcd', end, ''), 'Hello'],
    ['in armor with LF', `${begin}\n\nSGVsbG8h\n=abcd\n${end}\n`, 'Hello!'],
    ['in armor with headers', lines(begin, 'Version: 1', 'Charset: UTF-8', '', 'SGVsbG8=', end), 'Hello'],
    ['in armor without a blank line', lines(begin, 'SGVsbG8=', '=abcd', end), 'Hello'],
    [
      'in armor with text around, which is dropped',
      lines('Hi', begin, '', 'SGVs', 'bG8=', end, '-- ', 'Eve'),
      'Hello',
    ],
    ['in armor with blanks behind the lines', lines(begin, ' ', 'SGVsbG8= ', '=abcd ', end), 'Hello'],
    ['the bytes, if they are binary', Buffer.from('d200', 'hex'), '\u00d2\0'],
    ['not in armor without an end', lines(begin, '', 'SGVsbG8=', '=abcd'), 'malformed'],
    ['not in armor that is cut', lines(begin, '', 'SGVsbG8='), 'malformed'],
    ['not in armor that only begins', begin, 'malformed'],
    ['not in armor with a dash inside', lines(begin, '', 'SGVs-bG8=', end), 'malformed'],
    [
      'not in armor of a key',
      lines(begin, '', 'SGVsbG8=', end).replaceAll('MESSAGE', 'PUBLIC KEY BLOCK'),
      'malformed',
    ],
    ['not in text', 'Hello', 'malformed'],
    ['not in nothing', '', 'malformed'],
  ] as const) {
    it(what, async () => {
      expect(await read(armored)).toBe(packets)
    })
  }
})

test('whatever is armored comes out again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.constantFrom(4, 64, 76),
      async (bytes, width) => {
        const base64 =
          Buffer.from(bytes)
            .toString('base64')
            .match(new RegExp(`.{1,${width}}`, 'g')) ?? []
        expect(await read(lines(begin, '', ...base64, '=abcd', end))).toBe(
          Buffer.from(bytes).toString('latin1'),
        )
      },
    ),
  )
})
