import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { KeyStore, StoredKey } from '../storage/key-store.ts'
import { readOpenPgpKey } from './openpgp/openpgp-key.ts'
import { type Certificate, readCertificate } from './x509/certificate.ts'
import { isNamedBy, type RecipientIdentifier } from './x509/recipient-identifier.ts'

/** Our private keys by the names that a message gives its recipients; unsealed only when a message names them. */
export interface OwnKeys {
  /** Also those that are expired or retired: old mail arrives late. */
  smimeKeysFor(
    recipients: readonly RecipientIdentifier[],
  ): Promise<readonly { readonly certificate: Certificate; readonly privateKey: KeyObject }[]>
  /** `keyIds`: 16 digits of lower-case hex, as in OpenPgpKey; zeros stand for a recipient that is hidden. Armored, in clear. */
  openpgpKeysFor(
    keyIds: readonly string[],
  ): Promise<readonly { readonly fingerprint: string; readonly armored: string }[]>
}

/** RFC 9580 5.1: a key id of zeros asks the reader to try all his keys. */
const hidden = '0000000000000000'
/** Each trial is a private-key operation, and anybody may ask for it by a mail. */
const mostTrials = 8
/** More than any message needs: it is one of ours that is named, seldom two or three. */
const mostOpened = 16

/** Answers out of the store; remembers what names a key has, because reading hundreds of them takes tenths of a second. */
export function ownKeysIn(keyStore: Pick<KeyStore, 'ownKeys' | 'privateKeyOf'>): OwnKeys {
  const certificates = new Map<string, { readonly material: string; readonly certificate: Certificate }>()
  const keyIds = new Map<string, { readonly material: string; readonly ids: readonly string[] }>()

  // One key that was stored damaged must not keep the others from opening mail: it is not named by anything.
  function certificateOf({ fingerprint, material }: StoredKey): Certificate | undefined {
    const known = certificates.get(fingerprint)
    if (known?.material === material) return known.certificate
    try {
      const certificate = readCertificate(material)
      certificates.set(fingerprint, { material, certificate })
      return certificate
    } catch {
      return undefined
    }
  }
  async function keyIdsOf({ fingerprint, material }: StoredKey): Promise<readonly string[]> {
    const known = keyIds.get(fingerprint)
    if (known?.material === material) return known.ids
    const ids = await readOpenPgpKey(material).then(
      (key) => key.keyIds,
      () => [],
    )
    keyIds.set(fingerprint, { material, ids })
    return ids
  }
  const ours = async (kind: StoredKey['kind']) =>
    (await keyStore.ownKeys()).filter((key) => key.kind === kind && key.state !== 'pending')

  return {
    async smimeKeysFor(recipients) {
      const named = (await ours('smime'))
        .map(certificateOf)
        .filter((certificate) => certificate !== undefined)
        .filter((certificate) => recipients.some((recipient) => isNamedBy(certificate, recipient)))
      const opened: { certificate: Certificate; privateKey: KeyObject }[] = []
      for (const certificate of named.slice(0, mostOpened)) {
        const pem = await keyStore.privateKeyOf(certificate.fingerprint)
        if (pem !== undefined) opened.push({ certificate, privateKey: createPrivateKey(pem) })
      }
      return opened
    },
    async openpgpKeysFor(wanted) {
      const named: StoredKey[] = []
      const others: StoredKey[] = []
      for (const key of await ours('openpgp')) {
        const ids = await keyIdsOf(key)
        if (ids.some((id) => wanted.includes(id))) named.push(key)
        else if (ids.length > 0) others.push(key)
      }
      const tried = [
        ...named.slice(0, mostOpened),
        ...(wanted.includes(hidden) ? others.slice(-mostTrials) : []),
      ]
      const opened: { fingerprint: string; armored: string }[] = []
      for (const { fingerprint } of tried) {
        const armored = await keyStore.privateKeyOf(fingerprint)
        if (armored !== undefined) opened.push({ fingerprint, armored })
      }
      return opened
    },
  }
}
