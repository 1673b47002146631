import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { PdfPassword } from '../../storage/pdf-passwords.ts'

const saltBytes = 8

/**
 * What is kept of a password so that further containers can be written without it: U (hash, validation salt, key
 * salt; ISO 32000-2 algorithm 8) and the key that wraps each container's file key. The salts stay the recipient's.
 */
export function derivePdfPassword(password: string): PdfPassword {
  const bytes = Buffer.from(password, 'utf8')
  const validationSalt = randomBytes(saltBytes)
  const keySalt = randomBytes(saltBytes)
  const none = Buffer.alloc(0)
  return {
    u: Buffer.concat([hash2B(bytes, validationSalt, none), validationSalt, keySalt]),
    wrapKey: hash2B(bytes, keySalt, none),
  }
}

/** ISO 32000-2 algorithm 9: O for an owner password over this U, and the key that wraps the file key in OE. */
export function deriveOwner(
  password: string,
  u: Uint8Array,
): { readonly o: Uint8Array; readonly wrapKey: Uint8Array } {
  const bytes = Buffer.from(password, 'utf8')
  const validationSalt = randomBytes(saltBytes)
  const keySalt = randomBytes(saltBytes)
  return {
    o: Buffer.concat([hash2B(bytes, validationSalt, u), validationSalt, keySalt]),
    wrapKey: hash2B(bytes, keySalt, u),
  }
}

/** The wrap key that belongs to a password and the U that a container carries. */
export function wrapKeyOf(password: string, u: Uint8Array): Uint8Array {
  return hash2B(Buffer.from(password, 'utf8'), u.subarray(40, 48), Buffer.alloc(0))
}

/** UE and OE: AES-256-CBC without padding, IV zero (ISO 32000-2 7.6.4.4.7). */
export function wrapFileKey(fileKey: Uint8Array, wrapKey: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', wrapKey, Buffer.alloc(16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(fileKey), cipher.final()])
}

export function unwrapFileKey(wrapped: Uint8Array, wrapKey: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-cbc', wrapKey, Buffer.alloc(16)).setAutoPadding(false)
  return Buffer.concat([decipher.update(wrapped), decipher.final()])
}

/** ISO 32000-2 algorithm 2.B: at least 64 rounds of AES-128-CBC and SHA-2 over password, key and `u`. 32 bytes. */
function hash2B(password: Uint8Array, salt: Uint8Array, u: Uint8Array): Uint8Array {
  let k: Uint8Array = createHash('sha256').update(password).update(salt).update(u).digest()
  for (let round = 0; ; round++) {
    const once = Buffer.concat([password, k, u])
    const repeated = Buffer.concat(Array.from({ length: 64 }, () => once))
    const cipher = createCipheriv('aes-128-cbc', k.subarray(0, 16), k.subarray(16, 32)).setAutoPadding(false)
    const e = cipher.update(repeated)
    // The first 16 bytes as a big-endian number modulo 3 equal the sum of the bytes modulo 3, as 256 = 1 (mod 3).
    const sum = e.subarray(0, 16).reduce((total, byte) => total + byte, 0) % 3
    k = createHash(sum === 0 ? 'sha256' : sum === 1 ? 'sha384' : 'sha512')
      .update(e)
      .digest()
    if (round >= 63 && (e.at(-1) ?? 0) <= round - 31) return k.subarray(0, 32)
  }
}
