import { createPrivateKey } from 'node:crypto'
import type { KeyStore, StoredCertificate } from '../storage/key-store.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import type { Signer } from './signer.ts'
import { type Purpose, type UnusableReason, usableFor } from './usable-for.ts'

/** Provenance of what an administrator brought in: that counts without a chain. */
export const byAdministrator = 'administrator'

/** A stored certificate that was considered and set aside. `detail` is English, without content of any mail. */
export interface SetAside {
  readonly fingerprint: string
  readonly reason: UnusableReason | 'unreadable' | 'no-private-key' | 'key-does-not-match'
  readonly detail: string
}

export interface FoundSigner {
  readonly signer: Signer | undefined
  readonly setAside: readonly SetAside[]
}

export interface FoundCertificates {
  /** All that can be used, best first: the one that is valid longest. Empty if there is none. */
  readonly certificates: readonly Certificate[]
  readonly setAside: readonly SetAside[]
}

/** The best certificate of one of our own addresses that is usable for signing and has its private key here. */
export async function findSigner(
  store: KeyStore,
  address: string,
  at: Date,
  anchors: readonly Certificate[],
): Promise<FoundSigner> {
  const { usable, setAside } = await consider(store, address, 'sign', at, anchors)
  for (const { certificate, chain } of usable) {
    const { fingerprint } = certificate
    const pem = await store.privateKeyOf(fingerprint)
    if (pem === undefined) {
      setAside.push({ fingerprint, reason: 'no-private-key', detail: 'its private key is not here' })
      continue
    }
    const privateKey = createPrivateKey(pem)
    if (!certificate.x509.checkPrivateKey(privateKey)) {
      setAside.push({ fingerprint, reason: 'key-does-not-match', detail: 'the stored key is not its own' })
      continue
    }
    return { signer: { certificate, chain, privateKey }, setAside }
  }
  return { signer: undefined, setAside }
}

/** The certificates by which mail to an address can be encrypted. */
export async function findEncryptionCertificates(
  store: KeyStore,
  address: string,
  at: Date,
  anchors: readonly Certificate[],
): Promise<FoundCertificates> {
  const { usable, setAside } = await consider(store, address, 'encrypt', at, anchors)
  return { certificates: usable.map(({ certificate }) => certificate), setAside }
}

interface Considered {
  readonly usable: readonly { readonly certificate: Certificate; readonly chain: readonly Certificate[] }[]
  readonly setAside: SetAside[]
}

async function consider(
  store: KeyStore,
  address: string,
  purpose: Purpose,
  at: Date,
  anchors: readonly Certificate[],
): Promise<Considered> {
  const stored = [...(await store.certificatesOf(address))].sort(longestValidFirst)
  const usable: Considered['usable'][number][] = []
  const setAside: SetAside[] = []
  for (const { fingerprint, pem, chain, provenance } of stored) {
    let certificate: Certificate
    let intermediates: readonly Certificate[]
    try {
      certificate = readCertificate(pem)
      intermediates = chain.map(readCertificate)
    } catch {
      setAside.push({ fingerprint, reason: 'unreadable', detail: 'the stored certificate cannot be read' })
      continue
    }
    const pinned = provenance === byAdministrator
    const result = usableFor(certificate, { address, purpose, at, anchors, intermediates, pinned })
    if (result.kind === 'unusable') {
      setAside.push({ fingerprint, reason: result.reason, detail: result.detail })
      continue
    }
    // A path that was checked may know better than the file that was imported; a pinned one has none.
    const authorities = pinned ? intermediates : result.authorities
    usable.push({ certificate, chain: authorities.filter(({ selfIssued }) => !selfIssued) })
  }
  return { usable, setAside }
}

/** What ends last was most likely made last; among equals the one that began last, then any fixed order. */
function longestValidFirst(one: StoredCertificate, other: StoredCertificate): number {
  return (
    other.notAfter.getTime() - one.notAfter.getTime() ||
    other.notBefore.getTime() - one.notBefore.getTime() ||
    other.addedAt.getTime() - one.addedAt.getTime() ||
    (one.fingerprint < other.fingerprint ? -1 : 1)
  )
}
