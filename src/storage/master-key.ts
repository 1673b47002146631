import { hkdfSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** What a subkey is for. A key that serves one purpose opens nothing of another. */
export type KeyPurpose = 'addresses' | 'people' | 'records' | 'blobs' | 'audit' | 'check'

const keyBytes = 32

/** Reads the file with the gateway's one secret: 32 random bytes in base64, such as `openssl rand -base64 32` writes. */
export async function readMasterKey(file: string): Promise<Uint8Array> {
  const text = (await readFile(file, 'latin1')).trim()
  const key = Buffer.from(text, 'base64')
  // Buffer skips what is not base64; writing it back shows whether it did.
  if (key.length !== keyBytes || key.toString('base64') !== text) {
    throw new Error(
      `${file}: expected ${keyBytes} bytes in base64, as written by "openssl rand -base64 ${keyBytes}"`,
    )
  }
  return key
}

/** The 32-byte key for one purpose: HKDF-SHA-256 (RFC 5869); the master key is uniform, so it needs no salt. */
export function subkey(masterKey: Uint8Array, purpose: KeyPurpose): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, '', `postsiegel ${purpose}`, keyBytes))
}
