import { type OpenPgpKey, readOpenPgpKeys } from '../openpgp/openpgp-key.ts'
import { unlockOpenPgpKey } from '../openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../openpgp/openpgp-public.ts'
import type { ImportedKey, ImportOptions } from './import-keys.ts'
import { KeyImportError } from './key-import-error.ts'

/** Whether a file of keys is OpenPGP: armored, or binary packets (RFC 9580 4.2: their first bit is set). */
export function isOpenPgpFile(bytes: Uint8Array, text: string): boolean {
  if (text.includes('-----BEGIN ')) return text.includes('-----BEGIN PGP ')
  return ((bytes[0] ?? 0) & 0x80) !== 0
}

/** Windows editors put EF BB BF in front of a text; it would pass for a packet. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** The OpenPGP keys of a file, private ones apart from their public halves. Fails with KeyImportError. */
export async function importOpenPgpKeys(
  bytes: Uint8Array,
  options: ImportOptions,
): Promise<readonly ImportedKey[]> {
  const imported: ImportedKey[] = []
  for (const read of await readOpenPgpKeys(withoutMark(bytes), options.at)) {
    const key = read.isLocked ? await unlocked(read, options) : read
    const shown = key.isPrivate ? await publicOpenPgpKey(key.armored, options.at) : key
    if (shown.addresses.length === 0 && options.domain === undefined)
      throw new KeyImportError(
        'no-address',
        `The OpenPGP key ${shown.fingerprint} names no e-mail address: add a user id with one`,
      )
    imported.push({
      key: {
        ...{ kind: 'openpgp', fingerprint: shown.fingerprint, addresses: shown.addresses },
        domains: options.domain === undefined ? [] : [options.domain],
        ...{ material: shown.armored, chain: [], notBefore: shown.createdAt, notAfter: shown.expiresAt },
        ...{ hasPrivateKey: key.isPrivate, trust: options.trust, source: options.source },
        ...{ state: 'active', pinned: false, capabilities: [], addedAt: options.at },
      },
      privateKey: key.isPrivate ? key.armored : undefined,
    })
  }
  return imported
}

async function unlocked(key: OpenPgpKey, { password, at }: ImportOptions): Promise<OpenPgpKey> {
  if (!password)
    throw new KeyImportError(
      'password-needed',
      'The private key is protected by a passphrase: give the one that its owner types',
    )
  return unlockOpenPgpKey(key.armored, password, at)
}
