import type { KeyStore, KeyTrust, StoredKey } from '../storage/key-store.ts'
import { hasTrust, keysInForce, type SetAside } from './keys-in-force.ts'
import { type OpenPgpKey, type OpenPgpKeyProblem, readOpenPgpKey } from './openpgp/openpgp-key.ts'
import { canonicalAddress } from './x509/certificate.ts'

export interface UsableOpenPgpKey {
  readonly key: StoredKey
  /** Without anything secret. */
  readonly armored: string
  /** It serves the whole domain; the address has none of its own. */
  readonly isDomain: boolean
}

/** The OpenPGP keys of an address that can be encrypted to on a day and have at least this trust: the newest first. */
export async function findOpenPgpKeys(
  keyStore: Pick<KeyStore, 'find'>,
  address: string,
  at: Date,
  leastTrust: KeyTrust,
): Promise<{ readonly usable: readonly UsableOpenPgpKey[]; readonly setAside: readonly SetAside[] }> {
  const { keys, setAside } = keysInForce(await keyStore.find(address), 'openpgp', address)
  const usable: UsableOpenPgpKey[] = []
  const objections: SetAside[] = [...setAside]
  for (const { key, isDomain } of keys) {
    if (isDomain && usable.length > 0) {
      objections.push({ key, reason: 'not-needed', detail: 'the address has a key of its own' })
      continue
    }
    if (!hasTrust(key.trust, leastTrust)) {
      const detail = `its trust is ${key.trust}, the policy wants ${leastTrust}`
      objections.push({ key, reason: 'too-little-trust', detail })
      continue
    }
    const judged = await judge(key, isDomain ? undefined : address, at)
    if ('reason' in judged) objections.push(judged)
    else usable.push({ key, armored: judged.armored, isDomain })
  }
  return { usable, setAside: objections }
}

async function judge(key: StoredKey, address: string | undefined, at: Date): Promise<OpenPgpKey | SetAside> {
  let read: OpenPgpKey
  let problem: OpenPgpKeyProblem | undefined
  try {
    read = await readOpenPgpKey(key.material, at)
    problem = await read.problemFor('encrypt', at)
  } catch {
    return { key, reason: 'unreadable', detail: 'the stored key cannot be read' }
  }
  if (problem) return { key, reason: problem, detail: 'nothing can be encrypted to it' }
  const named = address === undefined ? undefined : (canonicalAddress(address) ?? '')
  // A user id can be revoked while the key lives on.
  if (named !== undefined && !(key.addresses.includes(named) && read.addresses.includes(named)))
    return { key, reason: 'wrong-address', detail: `it is for ${read.addresses.join(', ') || 'no address'}` }
  return read
}

/** With what one of our own people signs OpenPGP mail: an armored private key in clear. undefined if there is none. */
export async function findOpenPgpSigner(
  keyStore: Pick<KeyStore, 'find' | 'privateKeyOf'>,
  address: string,
  at: Date,
): Promise<{ readonly fingerprint: string; readonly armored: string } | undefined> {
  const named = canonicalAddress(address)
  for (const { key, isDomain } of keysInForce(await keyStore.find(address), 'openpgp', address).keys) {
    if (isDomain || !key.hasPrivateKey || !named || !key.addresses.includes(named)) continue
    const armored = await keyStore.privateKeyOf(key.fingerprint)
    if (armored === undefined) continue
    const read = await readOpenPgpKey(armored, at)
    if (read.isPrivate && (await read.problemFor('sign', at)) === undefined)
      return { fingerprint: key.fingerprint, armored }
  }
  return undefined
}
