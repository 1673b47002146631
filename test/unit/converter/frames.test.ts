import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { FrameError, FrameReader, writeFrame } from '../../../src/converter/frames.ts'
import { limits } from '../../../src/converter/limits.ts'

/** A stream that gives the bytes in pieces of the given size. */
function inPieces(bytes: Uint8Array, size: number): Readable {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return Readable.from(pieces)
}

test('frames come out as they went in, wherever the pieces end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ maxLength: 50 }), fc.uint8Array({ maxLength: 100 })), { maxLength: 5 }),
      fc.integer({ min: 1, max: 80 }),
      async (frames, pieceSize) => {
        const stream = new PassThrough()
        for (const [text, content] of frames)
          await writeFrame(stream, { text, size: content.length }, [content])
        stream.end()
        const reader = new FrameReader(inPieces(Buffer.concat(await stream.toArray()), pieceSize))
        for (const [text, content] of frames) {
          expect(await reader.line()).toEqual({ text, size: content.length })
          expect(Buffer.from(await reader.bytes(content.length)).equals(content)).toBe(true)
        }
        expect(await reader.line()).toBeUndefined()
      },
    ),
  )
})

for (const [what, text] of [
  ['a line without end', '['.repeat(limits.lineBytes * 3)],
  ['a line that is too long', `"${'a'.repeat(limits.lineBytes)}"\n`],
  ['what is not JSON', 'hello\n'],
  ['an end in the middle of a line', '{"a":'],
] as const) {
  it(`refuses ${what}`, async () => {
    await expect(new FrameReader(inPieces(Buffer.from(text), 1000)).line()).rejects.toThrow(FrameError)
  })
}

test('content that ends early is refused, read or skipped', async () => {
  await expect(new FrameReader(inPieces(Buffer.from('abc'), 2)).bytes(4)).rejects.toThrow(FrameError)
  await expect(new FrameReader(inPieces(Buffer.from('abc'), 2)).skip(4)).rejects.toThrow(FrameError)
})

test('what was skipped does not come again', async () => {
  const reader = new FrameReader(inPieces(Buffer.from('1\nabcdef2\n'), 3))
  expect(await reader.line()).toBe(1)
  await reader.skip(6)
  expect(await reader.line()).toBe(2)
})
