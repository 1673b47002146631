import { MailFailure } from '../failure.ts'
import { type KeyStore, type KeyTrust, keyTrusts, type StoredKey } from '../storage/key-store.ts'
import { KeyImportError } from './import/key-import-error.ts'
import { readOfferedCertificate, readOfferedOpenPgpKey } from './read-offered-key.ts'
import type { Certificate } from './x509/certificate.ts'
import type { PartnerAnchors } from './x509/partner-anchors.ts'

/** A public key that turned up: found by asking, taken from mail, or handed in. */
export interface OfferedKey {
  readonly kind: StoredKey['kind']
  /** PEM certificate, or one armored OpenPGP key. */
  readonly material: string
  /** Certificates that came along, PEM, in any order. */
  readonly chain?: readonly string[]
  /** The addresses for which the source stands, as `canonicalAddress` gives them; left out: all that the key names. */
  readonly addresses?: readonly string[]
  /** As in StoredKey. */
  readonly source: string
  readonly trust: KeyTrust
  /** Object identifiers of sMIMECapabilities that came with it. */
  readonly capabilities?: readonly string[]
}

export interface OfferParts {
  readonly keyStore: Pick<KeyStore, 'add' | 'find' | 'byFingerprint' | 'change'>
  /** The authorities in force for everybody. */
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors?: PartnerAnchors
  readonly at: Date
}

/** `pending`: stored, and used once somebody has reviewed it. `reason` is English, for the administrator and the log. */
export interface OfferResult {
  readonly kind: 'added' | 'pending' | 'known' | 'refused'
  readonly reason: string
  readonly fingerprint: string | undefined
}

/** What an offer turned out to be. */
export interface ReadOffer {
  readonly key: StoredKey
  /** Authorities say whose it is, so it needs no review to stand beside others. */
  readonly isProven: boolean
}

/** Nobody has so many; who offers more wants to fill the store. */
const mostKeysOfAddress = 32

/**
 * Decides what becomes of a key that turned up, and stores it. Nothing is replaced silently: a certificate with a chain joins by
 * itself, because its authority vouches for it; any other key waits for review where the address has another one in use of
 * the same trust or more, or a pinned one. What a person brings in (`manual`) is reviewed already. Never throws for a bad key.
 */
export async function offerKey(offered: OfferedKey, parts: OfferParts): Promise<OfferResult> {
  const { keyStore } = parts
  const known = (fingerprint: string) => keyStore.byFingerprint(fingerprint)
  let offer: ReadOffer | string
  try {
    offer =
      offered.kind === 'smime'
        ? await readOfferedCertificate(offered, parts)
        : await readOfferedOpenPgpKey(offered, parts.at, known)
  } catch (error) {
    if (error instanceof MailFailure) throw error
    // Whatever else a library throws over bytes of strangers says that they are no key.
    offer = error instanceof KeyImportError ? error.message : 'it cannot be read as a key'
  }
  if (typeof offer === 'string') return { kind: 'refused', reason: offer, fingerprint: undefined }
  const { fingerprint } = offer.key
  const stored = await known(fingerprint)
  const others = await othersOf(offer.key, keyStore)
  if (stored) {
    const joined = joinable(stored, offer.key, others, parts.at)
    // What made it wait may be over, or it comes with more trust now.
    const isFree = stored.state === 'pending' && !objectionTo({ ...offer, key: joined }, others, parts.at)
    await keyStore.add(isFree ? { ...joined, state: 'active' } : joined)
    return isFree
      ? { kind: 'added', reason: 'nothing stands against it any more', fingerprint }
      : { kind: 'known', reason: `it is ${stored.state} already`, fingerprint }
  }
  if (offer.key.trust !== 'manual' && others.length >= mostKeysOfAddress)
    return { kind: 'refused', reason: 'the address has too many keys already', fingerprint }
  const before = objectionTo(offer, others, parts.at)
  await keyStore.add({ ...offer.key, state: before ? 'pending' : 'active' })
  // Another one may have come meanwhile, on another node too; then both would have found the address without a key.
  const objection = before ?? objectionTo(offer, await othersOf(offer.key, keyStore), parts.at)
  if (objection && !before) await keyStore.change(fingerprint, 'active', 'pending')
  return objection
    ? { kind: 'pending', reason: objection, fingerprint }
    : { kind: 'added', reason: 'it is used from now on', fingerprint }
}

/** Other keys that name one of the addresses themselves. */
async function othersOf(key: StoredKey, keyStore: OfferParts['keyStore']): Promise<readonly StoredKey[]> {
  const found = new Map<string, StoredKey>()
  for (const address of key.addresses)
    for (const other of await keyStore.find(address))
      if (
        other.fingerprint !== key.fingerprint &&
        other.addresses.some((each) => key.addresses.includes(each))
      )
        found.set(other.fingerprint, other)
  return [...found.values()]
}

function objectionTo(
  { key, isProven }: ReadOffer,
  others: readonly StoredKey[],
  at: Date,
): string | undefined {
  if (key.trust === 'manual') return undefined
  const inForce = others.filter(({ state }) => state === 'active')
  if (inForce.some(({ pinned }) => pinned)) return 'another key of the address is pinned'
  if (isProven) return undefined
  const rival = inForce.find((other) => isRival(other, key, at))
  return (
    rival &&
    `the address has another key in use, ${rival.fingerprint.slice(0, 16)}, ${rival.source}, ${rival.trust}`
  )
}

function isRival(other: StoredKey, key: StoredKey, at: Date): boolean {
  return (
    other.kind === key.kind &&
    other.state === 'active' &&
    (other.notAfter === undefined || other.notAfter > at) &&
    // A certificate with a chain may have come with little trust, because it needs none.
    (key.kind === 'smime' || rank(other.trust) >= rank(key.trust))
  )
}

/**
 * The same key again. One trust stands for all addresses of a key: an address joins only with at least that trust, and more trust
 * for some addresses does not rub off on others - else whoever proves one address of a key would have proved them all.
 */
function joinable(stored: StoredKey, given: StoredKey, others: readonly StoredKey[], at: Date): StoredKey {
  const { material, notBefore, notAfter, chain, capabilities } = given
  // `pending` leaves the state as it is.
  const same = { ...stored, material, notBefore, notAfter, state: 'pending' as const }
  if (given.trust === 'manual') {
    const addresses = [...new Set([...stored.addresses, ...given.addresses])]
    return { ...given, addresses }
  }
  if (rank(given.trust) < rank(stored.trust)) return same
  const free = (address: string) =>
    !others.some((other) => other.addresses.includes(address) && (other.pinned || isRival(other, given, at)))
  const added = given.addresses.filter((address) => !stored.addresses.includes(address) && free(address))
  const isRaised =
    rank(given.trust) > rank(stored.trust) &&
    stored.addresses.every((address) => given.addresses.includes(address))
  return {
    ...same,
    addresses: [...stored.addresses, ...added],
    chain: chain.length > 0 ? chain : stored.chain,
    capabilities: capabilities.length > 0 ? capabilities : stored.capabilities,
    ...(isRaised ? { trust: given.trust, source: given.source } : {}),
  }
}

const rank = (trust: KeyTrust) => keyTrusts.indexOf(trust)
