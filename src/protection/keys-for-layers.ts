import { hasTrust, keysInForce, vouchedFor } from '../keys/keys-in-force.ts'
import { type OwnKeys, ownKeysIn } from '../keys/own-keys.ts'
import type { CheckRevocation } from '../keys/revocation/revocation.ts'
import type { Certificate } from '../keys/x509/certificate.ts'
import type { PartnerAnchors } from '../keys/x509/partner-anchors.ts'
import type { KeyStore } from '../storage/key-store.ts'

/** What is known of keys when a message comes in. */
export interface KeysForLayers {
  readonly ownKeys: OwnKeys
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors: PartnerAnchors
  readonly checkRevocation: CheckRevocation
  /** Fingerprints of the author's certificates that a person or a proof stands for: they need no chain. */
  vouchedOf(author: string): Promise<ReadonlySet<string>>
  /**
   * Armored public keys that may sign for the author. Not what merely came with a mail: whoever forges a mail brings a
   * key for it, too.
   */
  verificationKeysOf(author: string): Promise<readonly string[]>
}

/** The least trust of an OpenPGP key whose signatures count: its domain, a key server that asked its owner, or a person. */
const leastTrust = 'discovered'

/** More than any author has. */
const mostKeys = 8

export function keysForLayers(
  keyStore: Pick<KeyStore, 'find' | 'ownKeys' | 'privateKeyOf'>,
  rest: Pick<KeysForLayers, 'anchors' | 'partnerAnchors' | 'checkRevocation'>,
): KeysForLayers {
  return {
    ...rest,
    ownKeys: ownKeysIn(keyStore),
    async vouchedOf(author) {
      const { keys } = keysInForce(await keyStore.find(author), 'smime', author)
      return new Set(keys.filter(({ key }) => vouchedFor(key)).map(({ key }) => key.fingerprint))
    },
    async verificationKeysOf(author) {
      const { keys } = keysInForce(await keyStore.find(author), 'openpgp', author)
      return keys
        .filter(({ key, isDomain }) => !isDomain && hasTrust(key.trust, leastTrust))
        .slice(0, mostKeys)
        .map(({ key }) => key.material)
    },
  }
}
