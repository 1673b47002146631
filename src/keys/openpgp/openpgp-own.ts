import type { PrivateKey } from 'openpgp'
import { KeyImportError, wrongPassword } from '../import/key-import-error.ts'
import { canonicalAddress } from '../x509/certificate.ts'
import { describeOpenPgpKey, libraryKey, type OpenPgpKey } from './openpgp-key.ts'
import { openPgpLibrary, openPgpSettings } from './openpgp-library.ts'

/**
 * A new key of ours for one address: Ed25519 and Curve25519 in the old form of version 4, because GnuPG 2.2 and 2.4
 * read neither version 6 nor the new code points. Without passphrase (whoever stores it seals it) and without end: it is
 * revoked when its time is over. Fails with KeyImportError `no-address` for what is none.
 */
export async function generateOpenPgpKey(
  owner: { readonly name: string; readonly address: string },
  at: Date,
): Promise<OpenPgpKey> {
  const address = canonicalAddress(owner.address)
  if (!address) throw new KeyImportError('no-address', 'A key is made for an e-mail address')
  // What would end the name in a user id, or be taken for its address.
  const name = owner.name
    .replace(/[<>()"@\p{C}]/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, 200)
  const library = await openPgpLibrary()
  const { privateKey } = await library.generateKey({
    type: 'ecc',
    curve: 'curve25519Legacy',
    userIDs: [name ? { name, email: address } : { email: address }],
    date: at,
    format: 'object',
    // Announcing AEAD would make other programs send what GnuPG cannot read.
    config: { ...openPgpSettings, aeadProtect: false, v6Keys: false },
  })
  return describeOpenPgpKey(privateKey, library, at)
}

/** The key with a revocation by itself (RFC 9580 5.2.1.11); publish its public form. It still decrypts old mail. */
export async function revokeOpenPgpKey(
  armoredPrivateKey: string,
  reason: 'compromised' | 'superseded' | 'retired',
  at: Date,
): Promise<OpenPgpKey> {
  const library = await openPgpLibrary()
  const { keyCompromised, keySuperseded, keyRetired } = library.enums.reasonForRevocation
  const flag = { compromised: keyCompromised, superseded: keySuperseded, retired: keyRetired }[reason]
  const { privateKey } = await library.revokeKey({
    key: await privateLibraryKey(armoredPrivateKey),
    reasonForRevocation: { flag },
    date: at,
    format: 'object',
    config: openPgpSettings,
  })
  return describeOpenPgpKey(privateKey, library, at)
}

/** The key with its secret parts in clear. Fails with KeyImportError `wrong-password`. */
export async function unlockOpenPgpKey(
  armoredPrivateKey: string,
  passphrase: string,
  at: Date = new Date(),
): Promise<OpenPgpKey> {
  const library = await openPgpLibrary()
  const key = await privateLibraryKey(armoredPrivateKey)
  try {
    const privateKey = await library.decryptKey({ privateKey: key, passphrase, config: openPgpSettings })
    return await describeOpenPgpKey(privateKey, library, at)
  } catch (error) {
    throw error instanceof KeyImportError ? error : wrongPassword()
  }
}

async function privateLibraryKey(armored: string): Promise<PrivateKey> {
  const key = await libraryKey(armored, await openPgpLibrary())
  if (key.isPrivate()) return key
  throw new KeyImportError('unreadable', 'The file holds a public key where a private one is wanted')
}
