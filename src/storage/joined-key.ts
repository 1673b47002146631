import { keyTrusts, type StoredKey } from './key-store.ts'

/**
 * What is stored when a key comes again. An OpenPGP key brings its news itself, signed by its owner, so its material and time
 * count whoever brought it; everything else needs at least the trust of what is there.
 */
export function joinedKey(stored: StoredKey, given: StoredKey): StoredKey {
  const news = { material: given.material, notBefore: given.notBefore, notAfter: given.notAfter }
  if (keyTrusts.indexOf(given.trust) < keyTrusts.indexOf(stored.trust)) return { ...stored, ...news }
  return {
    ...stored,
    ...news,
    addresses: given.addresses,
    domains: [...new Set([...stored.domains, ...given.domains])],
    chain: given.chain.length > 0 ? given.chain : stored.chain,
    trust: given.trust,
    source: given.trust === stored.trust ? stored.source : given.source,
    state: given.state === 'active' ? 'active' : stored.state,
    pinned: stored.pinned || given.pinned,
    capabilities: given.capabilities.length > 0 ? given.capabilities : stored.capabilities,
  }
}
