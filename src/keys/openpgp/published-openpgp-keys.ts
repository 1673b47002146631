import type { KeyStore, StoredKey } from '../../storage/key-store.ts'
import { wkdHash } from '../discovery/wkd-hash.ts'
import { addressInUserId, libraryKey } from './openpgp-key.ts'
import { openPgpLibrary } from './openpgp-library.ts'
import { publicOpenPgpKey } from './openpgp-public.ts'

/** What a web key directory of ours holds for one address. */
export interface PublishedKey {
  readonly domain: string
  /** Name of the file, see wkdHash. */
  readonly hash: string
  /** The binary public key, with no user id but those of the address. */
  readonly key: Uint8Array
}

/**
 * Our own OpenPGP keys as a web key directory shows them: only public halves of keys that we hold, for addresses in our
 * domains, that can be encrypted to now, and behind them those that were revoked, because that is how others learn of it
 * (draft-koch-openpgp-webkey-service 3.1). Several keys of an address are one entry.
 */
export async function publishedOpenPgpKeys(
  keyStore: Pick<KeyStore, 'list'>,
  domains: readonly string[],
  at: Date,
): Promise<readonly PublishedKey[]> {
  const library = await openPgpLibrary()
  const published = new Map<string, PublishedKey>()
  const own = (await keyStore.list()).filter(
    ({ kind, state, hasPrivateKey }) => kind === 'openpgp' && state !== 'pending' && hasPrivateKey,
  )
  // Only keys that are in use are anything but revoked, and the first of a file is what older programs take.
  for (const { state, material, addresses } of own.toSorted(inUseFirst)) {
    // Stored as public; what leaves the house is made so once more.
    const { armored, problemFor, addresses: named } = await publicOpenPgpKey(material, at)
    const problem = await problemFor('encrypt', at)
    if (problem !== 'revoked' && (problem || state !== 'active')) continue
    for (const address of addresses) {
      const [local = '', domain = ''] = address.split('@')
      if (!named.includes(address) || !domains.includes(domain)) continue
      const key = (await libraryKey(armored, library)).toPublic()
      key.users = key.users.filter(({ userID }) => addressInUserId(userID?.userID ?? '') === address)
      const before = published.get(address)?.key ?? new Uint8Array()
      published.set(address, { domain, hash: wkdHash(local), key: Buffer.concat([before, key.write()]) })
    }
  }
  return [...published.values()]
}

function inUseFirst(one: StoredKey, other: StoredKey): number {
  return Number(one.state !== 'active') - Number(other.state !== 'active')
}
