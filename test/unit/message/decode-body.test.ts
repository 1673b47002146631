import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { decoded, decodedBytes } from '../../../src/message/decode-body.ts'
import { encodeBase64 } from '../../../src/message/encode-base64.ts'
import { encodeQuotedPrintable } from '../../../src/message/quoted-printable.ts'

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function listed(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = []
  for await (const piece of pieces) list.push(Uint8Array.from(piece))
  return list
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await listed(pieces))
}

/** A source that gives its bytes in pieces of `size`, as a spool may. */
function decode(transferEncoding: string, body: Uint8Array, size = 65_536): Promise<Buffer> {
  const source = { ...bytesInMemory(body), stream: () => inPieces(body, size) }
  return joined(decoded(source, { bodyStart: 0, bodyEnd: body.length, transferEncoding }))
}

describe.each([
  ['base64', 'SGVs\r\nbG8=\r\n', 'Hello'],
  ['base64', 'SGVsbG8', 'Hello'],
  ['base64', 'SGVs*bG8=', 'Hello'],
  ['base64', 'SGVsbA==SGVsbG8=', 'HellHello'],
  ['base64', '', ''],
  ['base64', '=', ''],
  ['quoted-printable', 'Gr=C3=BC=C3=9fe=\r\n!\r\n', 'Grüße!\r\n'],
  ['quoted-printable', 'a \t\r\nb= \t\r\nc', 'a\r\nbc'],
  ['quoted-printable', 'a=\nb\n', 'ab\n'],
  ['quoted-printable', '100%=3D=zz=4', '100%==zz=4'],
  ['quoted-printable', 'a b =', 'a b '],
  ['quoted-printable', 'end  ', 'end'],
  ['quoted-printable', 'a \rb', 'a \rb'],
  ['7bit', 'a=3D\r\n', 'a=3D\r\n'],
  ['8bit', 'ü', 'ü'],
  ['binary', 'a\0b', 'a\0b'],
  ['x-uuencode', 'begin 644 a', 'begin 644 a'],
])('a %s body %j', (encoding, body, text) => {
  it.each([1, 2, 3, 5, 65_536])('is decoded in pieces of %i', async (size) => {
    expect((await decode(encoding, Buffer.from(body), size)).toString()).toBe(text)
  })
})

test('no more is decoded than asked for', async () => {
  const body = Buffer.from(Buffer.alloc(300_000, 'abc').toString('base64'))
  const source = bytesInMemory(body)
  const part = { bodyStart: 0, bodyEnd: body.length, transferEncoding: 'base64' }
  expect(Buffer.from(await decodedBytes(source, part, 5)).toString()).toBe('abcab')
  expect(await decodedBytes(source, part, 0)).toHaveLength(0)
  expect(await decodedBytes(source, part, 1_000_000)).toHaveLength(300_000)
})

test('base64 lines are what the standard library makes, in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 500 }),
      fc.integer({ min: 1, max: 100 }),
      async (bytes, size) => {
        const encoded = await joined(encodeBase64(inPieces(bytes, size)))
        const expected = Buffer.from(bytes)
          .toString('base64')
          .replace(/.{1,76}/g, '$&\r\n')
        expect(encoded.toString()).toBe(expected)
        expect(await decode('base64', encoded, size)).toEqual(Buffer.from(bytes))
      },
    ),
  )
})

test('large base64 bodies come in pieces near 64 KiB and are complete', async () => {
  const bytes = Buffer.alloc(1_000_003, 'xyz')
  const pieces = await listed(encodeBase64(inPieces(bytes, 65_536)))
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(70_000)
  expect(await decode('base64', Buffer.concat(pieces))).toEqual(bytes)
})

test('text survives quoted-printable, and no line gives a relay a reason to change it', async () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\r\n', ' ', '\t', '=', 'From ', '.', 'ü', '\0', '\r'),
      fc.string({ unit: 'binary-ascii' }),
    ),
    maxLength: 300,
  })
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 50 }), async (value, size) => {
      // A LF alone is a line break in text and comes back as CRLF.
      const bytes = Buffer.from(value.replace(/(?<!\r)\n/g, '\r\n'))
      const encoded = await joined(encodeQuotedPrintable(inPieces(bytes, size)))
      expect(await decode('quoted-printable', encoded, size)).toEqual(bytes)
      for (const line of encoded.toString('latin1').split('\r\n')) {
        expect(line).toMatch(/^[\t -~]{0,76}$/)
        expect(line).not.toMatch(/[ \t]$|^From |^[.-]/)
      }
    }),
    { numRuns: 500 },
  )
})

test('arbitrary bodies decode alike in every split', async () => {
  const unit = fc.constantFrom('=', '4', 'a', ' ', '\r', '\n', '\t', 'A', '\xff')
  await fc.assert(
    fc.asyncProperty(fc.string({ unit }), fc.integer({ min: 1, max: 9 }), async (value, size) => {
      for (const encoding of ['base64', 'quoted-printable']) {
        const body = Buffer.from(value, 'latin1')
        expect(await decode(encoding, body, size)).toEqual(await decode(encoding, body))
      }
    }),
    { numRuns: 1000 },
  )
})
