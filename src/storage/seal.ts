import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Seals small secrets that are kept in rows. */
export interface Seal {
  seal(purpose: string, id: string, secret: Uint8Array): string
  /** Throws if the text was changed, or was sealed for another purpose, another row or with another key. */
  unseal(purpose: string, id: string, sealed: string): Uint8Array
}

const version = 1
const nonceBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM with random nonces: base64 of version, nonce, ciphertext, tag. NIST SP 800-38D 8.3 allows 2^32 seals
 * under one key. Purpose and row id are authenticated, so that a sealed secret cannot be moved to another row.
 */
export function createSeal(key: Uint8Array): Seal {
  return {
    seal(purpose, id, secret) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(context(purpose, id))
      const parts = [
        Uint8Array.of(version),
        nonce,
        cipher.update(secret),
        cipher.final(),
        cipher.getAuthTag(),
      ]
      return Buffer.concat(parts).toString('base64')
    },
    unseal(purpose, id, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      if (
        bytes.length < 1 + nonceBytes + tagBytes ||
        bytes[0] !== version ||
        bytes.toString('base64') !== sealed
      ) {
        throw new Error(`Sealed secret of ${purpose} is malformed`)
      }
      const nonce = bytes.subarray(1, 1 + nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(context(purpose, id))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()])
    },
  }
}

/** JSON keeps the border between the two, whatever they contain. */
const context = (purpose: string, id: string) => Buffer.from(JSON.stringify([version, purpose, id]))
