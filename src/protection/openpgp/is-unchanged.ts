import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { free } from '../../message/free.ts'

const ciphers: Readonly<Record<string, string>> = {
  aes128: 'aes-128-cfb',
  aes192: 'aes-192-cfb',
  aes256: 'aes-256-cfb',
}
const mdcBytes = 20

/**
 * Whether the modification detection code of a packet of encrypted data, version 1, is right (RFC 9580 5.13.1): a SHA-1 over
 * all that was encrypted, at its end. In pieces, and before anybody parses what is inside: whoever changes ciphertext
 * could make a parser wait or work. undefined for ciphers that only the library has.
 */
export async function isUnchanged(
  packet: AsyncIterable<Uint8Array>,
  sessionKey: { readonly data: Uint8Array; readonly algorithm: string | null },
): Promise<boolean | undefined> {
  const cipher = ciphers[sessionKey.algorithm ?? '']
  if (!cipher) return undefined
  const decipher = createDecipheriv(cipher, sessionKey.data, Buffer.alloc(16))
  const hash = createHash('sha1')
  let isVersionRead = false
  let end: Buffer = Buffer.alloc(0)
  for await (const piece of bodyOf(packet)) {
    const plain = decipher.update(isVersionRead ? piece : piece.subarray(1))
    isVersionRead = true
    const known = Buffer.concat([end, plain])
    const split = Math.max(0, known.length - mdcBytes)
    hash.update(known.subarray(0, split))
    end = Buffer.from(known.subarray(split))
    free(plain)
    free(known)
  }
  return end.length === mdcBytes && timingSafeEqual(hash.digest(), end)
}

/** What a packet of the new format holds, in one piece or many (RFC 9580 4.2.1). */
async function* bodyOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let header: number[] = []
  let isBehindTag = false
  let remaining = 0
  let isLast = false
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (remaining > 0) {
        const part = piece.subarray(at, at + remaining)
        yield part
        remaining -= part.length
        at += part.length
        continue
      }
      if (isLast) return
      const byte = piece[at] ?? 0
      at += 1
      if (!isBehindTag) {
        isBehindTag = true
        continue
      }
      header.push(byte)
      const length = lengthIn(Buffer.from(header))
      if (!length) continue
      remaining = length.bytes
      isLast = !length.isPartial
      header = []
    }
  }
}

function lengthIn(header: Buffer): { readonly bytes: number; readonly isPartial: boolean } | undefined {
  const first = header.readUInt8(0)
  if (first < 192) return { bytes: first, isPartial: false }
  if (first >= 224 && first < 255) return { bytes: 2 ** (first & 31), isPartial: true }
  if (header.length < (first === 255 ? 5 : 2)) return undefined
  const bytes = first === 255 ? header.readUInt32BE(1) : ((first - 192) << 8) + header.readUInt8(1) + 192
  return { bytes, isPartial: false }
}
