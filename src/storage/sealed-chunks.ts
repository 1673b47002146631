import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

/**
 * The sealed form of a blob: a version byte, a random salt, then chunks, each AES-256-GCM with its tag behind it.
 * This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its
 * Nonce-Reuse Misuse-Resistance, 2015): the nonce holds the chunk's number and whether it is the last one, so that
 * chunks that were cut off, appended, swapped or repeated do not open. A blob has at least one chunk; only the last
 * may be shorter than the others. Each blob has a key of its own, bound to its id, so nonces can count from zero.
 */
export const sealedVersion = 1
export const saltBytes = 32
export const headerBytes = 1 + saltBytes
export const chunkBytes = 64 * 1024
export const tagBytes = 16
export const sealedChunkBytes = chunkBytes + tagBytes

/** How a blob of this many sealed bytes is divided; undefined if no blob can have that size. */
export function sealedLayout(
  sealedBytes: number,
): { readonly chunks: number; readonly size: number } | undefined {
  const body = sealedBytes - headerBytes
  const chunks = Math.ceil(body / sealedChunkBytes)
  const size = body - chunks * tagBytes
  const last = body - (chunks - 1) * sealedChunkBytes
  // An empty last chunk is written for the empty blob only, so that every content has one sealed size.
  return chunks >= 1 && last >= tagBytes && (last > tagBytes || chunks === 1) ? { chunks, size } : undefined
}

/** The key of one blob. */
export function blobKey(key: Uint8Array, salt: Uint8Array, id: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, `postsiegel blob ${id}`, 32))
}

export function sealChunk(key: Uint8Array, number: number, last: boolean, chunk: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(number, last), { authTagLength: tagBytes })
  return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
}

/** Throws if it is not the chunk of that number under that key. */
export function openChunk(key: Uint8Array, number: number, last: boolean, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(number, last), { authTagLength: tagBytes })
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
}

/** Seven zero bytes, the number in four (2^32 chunks are 256 TiB), the last-chunk flag. */
function nonce(number: number, last: boolean): Uint8Array {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(number, 7)
  bytes.writeUInt8(last ? 1 : 0, 11)
  return bytes
}
