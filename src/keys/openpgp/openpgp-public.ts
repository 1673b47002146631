import { canonicalAddress } from '../x509/certificate.ts'
import { addressInUserId, describeOpenPgpKey, libraryKey, type OpenPgpKey } from './openpgp-key.ts'
import { fullOpenPgpSettings, openPgpLibrary } from './openpgp-library.ts'

/** What may be given away of a key. */
export async function publicOpenPgpKey(armored: string, at: Date = new Date()): Promise<OpenPgpKey> {
  const library = await openPgpLibrary()
  const key = await libraryKey(armored, library)
  return describeOpenPgpKey(key.toPublic(), library, at)
}

/**
 * Two states of one key as one: new user ids, subkeys, prolongations and revocations are added, nothing is removed, so
 * that an old copy cannot undo a revocation. If one is private, so is the result. `undefined` if the fingerprints differ.
 */
export async function mergeOpenPgpKeys(
  armored: string,
  update: string,
  at: Date = new Date(),
): Promise<OpenPgpKey | undefined> {
  const library = await openPgpLibrary()
  const [ours, theirs] = [await libraryKey(armored, library), await libraryKey(update, library)]
  if (ours.getFingerprint() !== theirs.getFingerprint()) return undefined
  const [base, other] = theirs.isPrivate() && !ours.isPrivate() ? [theirs, ours] : [ours, theirs]
  const merged = await base.update(other, at, fullOpenPgpSettings(library))
  return describeOpenPgpKey(merged, library, at)
}

/**
 * The binary key that Autocrypt wants (Autocrypt 1.1, 2.1.1): primary key, the user id of `address`, the subkeys now used for
 * encryption and signatures; no older signatures. `undefined` if the key does not serve the address or cannot be encrypted to.
 */
export async function minimalOpenPgpKey(
  armored: string,
  address: string,
  at: Date = new Date(),
): Promise<Uint8Array | undefined> {
  const library = await openPgpLibrary()
  const config = fullOpenPgpSettings(library)
  const key = (await libraryKey(armored, library)).toPublic()
  const wanted = canonicalAddress(address)
  const described = await describeOpenPgpKey(key, library, at)
  if (!wanted || !described.addresses.includes(wanted)) return undefined
  const encryption = await key.getEncryptionKey(undefined, at, undefined, config).catch(() => undefined)
  if (!encryption) return undefined
  const signing = await key.getSigningKey(undefined, at, undefined, config).catch(() => undefined)
  const [user] = key.users.filter(({ userID }) => addressInUserId(userID?.userID ?? '') === wanted)
  if (!user) return undefined
  user.selfCertifications = latest(user.selfCertifications)
  key.users = [user]
  key.subkeys = key.subkeys.filter((subkey) => subkey === encryption || subkey === signing)
  for (const subkey of key.subkeys) subkey.bindingSignatures = latest(subkey.bindingSignatures)
  return key.write()
}

function latest<Signature extends { readonly created: Date | null }>(
  signatures: readonly Signature[],
): Signature[] {
  const at = ({ created }: Signature) => created?.getTime() ?? 0
  return signatures.toSorted((one, other) => at(other) - at(one)).slice(0, 1)
}
