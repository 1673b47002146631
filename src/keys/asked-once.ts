import type { KeyStore } from '../storage/key-store.ts'

/** A store for one question of one message: what several steps ask of it in turn is looked up once. */
export function askedOnce(
  keyStore: Pick<KeyStore, 'find' | 'privateKeyOf'>,
): Pick<KeyStore, 'find' | 'privateKeyOf'> {
  const found = new Map<string, ReturnType<KeyStore['find']>>()
  return {
    privateKeyOf: (fingerprint) => keyStore.privateKeyOf(fingerprint),
    find(address) {
      const keys = found.get(address) ?? keyStore.find(address)
      found.set(address, keys)
      return keys
    },
  }
}
