import type { StoredKey } from '../storage/key-store.ts'
import { vouchedFor } from './keys-in-force.ts'
import type { OfferedKey, OfferParts, ReadOffer } from './offer-key.ts'
import { readOpenPgpKey } from './openpgp/openpgp-key.ts'
import { mergeOpenPgpKeys } from './openpgp/openpgp-public.ts'
import { type Certificate, readCertificate } from './x509/certificate.ts'
import { usableFor } from './x509/usable-for.ts'

/** More than any chain has; each is read and tried. */
const mostChained = 16
/** More than anybody reads mail at. */
const mostAddresses = 64

/** What an offered certificate is; a sentence if nobody can be written to with it. */
export async function readOfferedCertificate(
  offered: OfferedKey,
  { anchors, partnerAnchors, at }: OfferParts,
): Promise<ReadOffer | string> {
  const certificate = readOrUndefined(offered.material)
  if (!certificate) return 'it cannot be read as a certificate'
  const intermediates = (offered.chain ?? [])
    .slice(0, mostChained)
    .map(readOrUndefined)
    .filter((authority) => authority !== undefined)
  const stoodFor = certificate.addresses.filter((each) => offered.addresses?.includes(each) ?? true)
  const [address] = stoodFor
  if (address === undefined) return 'it names none of the addresses in question'
  const ofPartner = (each: string) => partnerAnchors?.(each) ?? []
  const both = [...anchors, ...(await ofPartner(address))]
  const question = { address, purpose: 'encrypt', at, anchors: both, intermediates } as const
  const judged = usableFor(certificate, { ...question, vouched: false })
  const isProven = judged.kind === 'usable'
  const isVouched = vouchedFor({ trust: offered.trust, source: offered.source })
  if (!isProven) {
    const anyway = usableFor(certificate, { ...question, vouched: isVouched })
    // What a person brings in is kept whatever it is good for: it may have to decrypt old mail.
    if (anyway.kind === 'unusable' && offered.trust !== 'manual') return `${anyway.reason}: ${anyway.detail}`
  }
  const chain = isProven ? judged.authorities : intermediates
  const anchor = isProven ? judged.authorities.at(-1) : undefined
  const isIn = (list: readonly Certificate[]) =>
    list.some(({ fingerprint }) => fingerprint === anchor?.fingerprint)
  // Its authority stands for all its addresses, one of a partner for his; whoever else vouches does so for those in question.
  let addresses: readonly string[] = stoodFor
  if (isProven && isIn(anchors)) addresses = certificate.addresses
  else if (isProven) {
    const his: string[] = []
    for (const each of certificate.addresses.slice(0, mostAddresses))
      if (isIn(await ofPartner(each))) his.push(each)
    addresses = his
  }
  return {
    isProven,
    key: {
      ...unused(offered, at),
      fingerprint: certificate.fingerprint,
      addresses,
      material: certificate.pem,
      chain: chain.filter(({ selfIssued }) => !selfIssued).map(({ pem }) => pem),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
    },
  }
}

/** What an offered OpenPGP key is, together with what is stored of it; a sentence if nobody can be written to with it. */
export async function readOfferedOpenPgpKey(
  offered: OfferedKey,
  at: Date,
  known: (fingerprint: string) => Promise<StoredKey | undefined>,
): Promise<ReadOffer | string> {
  const read = await readOpenPgpKey(offered.material, at)
  if (read.isPrivate) return 'it is a private key: it must not leave its owner'
  const stored = await known(read.fingerprint)
  const key = (stored && (await mergeOpenPgpKeys(stored.material, read.armored, at))) ?? read
  const addresses = read.addresses.filter((each) => offered.addresses?.includes(each) ?? true)
  const problem = await key.problemFor('encrypt', at)
  // A stored key learns of its revocation this way.
  if (!stored && problem && offered.trust !== 'manual') return `${problem}: nothing can be encrypted to it`
  if (!stored && addresses.length === 0) return 'it names none of the addresses in question'
  return {
    isProven: false,
    key: {
      ...unused(offered, at),
      fingerprint: key.fingerprint,
      addresses,
      material: key.armored,
      chain: [],
      notBefore: key.createdAt,
      notAfter: key.expiresAt,
    },
  }
}

/** What an offer says itself, and what no new key has yet. */
function unused(
  offered: OfferedKey,
  at: Date,
): Omit<StoredKey, 'fingerprint' | 'addresses' | 'material' | 'chain' | 'notBefore' | 'notAfter'> {
  const { kind, trust, source, capabilities = [] } = offered
  return {
    ...{ kind, trust, source, capabilities, domains: [], hasPrivateKey: false },
    ...{ state: 'active', pinned: false, addedAt: at },
  }
}

function readOrUndefined(pem: string): Certificate | undefined {
  try {
    return readCertificate(pem)
  } catch {
    return undefined
  }
}
