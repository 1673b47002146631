import type { KeyStore } from '../../storage/key-store.ts'
import { mergeOpenPgpKeys } from '../openpgp/openpgp-public.ts'
import type { ImportedKey } from './import-keys.ts'

/**
 * Stores what an administrator imports. An OpenPGP key that is there already is joined with the file, so that an old file does
 * not undo what came later, and a public file prolongs our private key too.
 */
export async function takeIn(
  keyStore: Pick<KeyStore, 'add' | 'byFingerprint' | 'privateKeyOf'>,
  { key, privateKey }: ImportedKey,
): Promise<void> {
  const stored = key.kind === 'openpgp' ? await keyStore.byFingerprint(key.fingerprint) : undefined
  const merged = stored && (await mergeOpenPgpKeys(stored.material, key.material, key.addedAt))
  if (!merged) return keyStore.add(key, privateKey)
  const ours = await keyStore.privateKeyOf(key.fingerprint)
  const joined = ours && (await mergeOpenPgpKeys(ours, privateKey ?? key.material, key.addedAt))
  await keyStore.add(
    { ...key, material: merged.armored, addresses: merged.addresses, notAfter: merged.expiresAt },
    joined ? joined.armored : privateKey,
  )
}
