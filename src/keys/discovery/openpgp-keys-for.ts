import { KeyImportError } from '../import/key-import-error.ts'
import { addressInUserId, libraryKey, type OpenPgpKey, readOpenPgpKeys } from '../openpgp/openpgp-key.ts'
import { fullOpenPgpSettings, openPgpLibrary } from '../openpgp/openpgp-library.ts'

/**
 * The public keys for an address that strangers gave, armored, with no user id but those of that address: a server
 * that is asked for Bob says nothing about Alice. undefined if the bytes are no OpenPGP keys. Needs an address as
 * `canonicalAddress` gives it.
 */
export async function openpgpKeysFor(
  address: string,
  bytes: Uint8Array,
): Promise<readonly string[] | undefined> {
  let keys: readonly OpenPgpKey[]
  try {
    keys = await readOpenPgpKeys(bytes)
  } catch (error) {
    if (error instanceof KeyImportError) return undefined
    throw error
  }
  const named = keys.filter(({ isPrivate, addresses }) => !isPrivate && addresses.includes(address))
  return Promise.all(named.map((key) => narrowedTo(address, key)))
}

async function narrowedTo(address: string, { armored }: OpenPgpKey): Promise<string> {
  const library = await openPgpLibrary()
  const key = await libraryKey(armored, library)
  key.users = key.users.filter(({ userID }) => addressInUserId(userID?.userID ?? '') === address)
  return key.armor(fullOpenPgpSettings(library))
}
