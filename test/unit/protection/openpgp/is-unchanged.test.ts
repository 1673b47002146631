import fc from 'fast-check'
import * as openpgp from 'openpgp'
import { expect, it, test } from 'vitest'
import { isUnchanged } from '../../../../src/protection/openpgp/is-unchanged.ts'

const sessionKey = { data: Buffer.alloc(32, 7), algorithm: 'aes256' } as const

/** Encrypted data of version 1, in one packet or in partial ones. */
async function packetOf(bytes: number, isPartial: boolean): Promise<Buffer> {
  const content = new Uint8Array(bytes).fill(65)
  const message: unknown = await openpgp.encrypt({
    message: isPartial
      ? await openpgp.createMessage({ binary: ReadableStream.from([content]) as never })
      : await openpgp.createMessage({ binary: content }),
    sessionKey,
    passwords: 'x',
    format: 'binary',
  })
  const pieces: Uint8Array[] = []
  if (message instanceof Uint8Array) pieces.push(message)
  else for await (const piece of message as AsyncIterable<Uint8Array>) pieces.push(piece)
  const whole = Buffer.concat(pieces)
  // The session key for the password stands in front, in a packet of one-octet length.
  return whole.subarray(2 + whole.readUInt8(1))
}

async function* inPiecesOf(size: number, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

for (const [what, bytes, isPartial] of [
  ['short', 10, false],
  ['of two length octets', 1000, false],
  ['of five length octets', 100_000, false],
  ['in partial packets', 100_000, true],
] as const) {
  it(`data ${what} are found whole, and changed or cut ones are not`, async () => {
    const packet = await packetOf(bytes, isPartial)
    for (const size of [1, 7, 1000])
      expect(await isUnchanged(inPiecesOf(size, packet), sessionKey)).toBe(true)
    for (const at of [9, packet.length >> 1, packet.length - 1]) {
      const changed = Buffer.from(packet)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      expect(await isUnchanged(inPiecesOf(1000, changed), sessionKey)).toBe(false)
      expect(await isUnchanged(inPiecesOf(1000, packet.subarray(0, at)), sessionKey)).toBe(false)
    }
  })
}

test('arbitrary bytes are not whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect(await isUnchanged(inPiecesOf(11, bytes), sessionKey)).toBe(false)
    }),
  )
})
