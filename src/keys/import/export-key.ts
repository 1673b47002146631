import type { StoredKey } from '../../storage/key-store.ts'
import { libraryKey } from '../openpgp/openpgp-key.ts'
import { openPgpLibrary, openPgpSettings } from '../openpgp/openpgp-library.ts'
import { openssl } from './openssl.ts'

/** What may be given away: the certificate with its chain in PEM, or the armored OpenPGP key. */
export function exportKey({ material, chain }: Pick<StoredKey, 'material' | 'chain'>): string {
  return [material, ...chain].map((text) => `${text.trimEnd()}\n`).join('')
}

/** Guessing goes on wherever the file gets to; 50 ms for each guess. */
const rounds = 100_000

/** The key with its private half, under a password: PKCS#12 (AES-256, PBKDF2), or an armored OpenPGP key with passphrase. */
export async function exportPrivateKey(
  key: StoredKey,
  privateKey: string,
  password: string,
): Promise<Uint8Array> {
  switch (key.kind) {
    case 'smime': {
      const args = ['pkcs12', '-export', '-iter', `${rounds}`, '-passout', 'fd:3']
      const input = Buffer.from(`${privateKey.trimEnd()}\n${exportKey(key)}`, 'latin1')
      const { succeeded, output, complaint } = await openssl(args, input, password)
      if (!succeeded) throw new Error(`openssl pkcs12 failed: ${complaint.slice(0, 200)}`)
      return Buffer.from(output, 'latin1')
    }
    case 'openpgp': {
      const library = await openPgpLibrary()
      const unlocked = await libraryKey(privateKey, library)
      if (!unlocked.isPrivate())
        throw new Error(`what is stored as private key of ${key.fingerprint} is none`)
      const locked = await library.encryptKey({
        privateKey: unlocked,
        passphrase: password,
        config: openPgpSettings,
      })
      return Buffer.from(locked.armor(), 'latin1')
    }
  }
}
