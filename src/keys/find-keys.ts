import { deadlineWithin } from '../deadline.ts'
import type { KeyStore, StoredKey } from '../storage/key-store.ts'
import { keysInForce, type SetAside, vouchedFor } from './keys-in-force.ts'
import type { CheckRevocation } from './revocation/revocation.ts'
import { storedCertificate } from './stored-certificate.ts'
import type { Certificate } from './x509/certificate.ts'
import { findPath, type PathMaterial } from './x509/find-path.ts'
import type { PartnerAnchors } from './x509/partner-anchors.ts'
import { type Purpose, usableFor } from './x509/usable-for.ts'

/** For what authorities say of all certificates together. */
const revocationLimitMs = 5000
/** Revocation has shorter limits of its own; this one only ends a wait that would have none. */
const patienceMs = 30_000

/** Where certificates are looked for, and what they may rest on. */
export interface CertificateSources {
  readonly keyStore: Pick<KeyStore, 'find' | 'privateKeyOf'>
  /** The authorities in force for everybody. */
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors?: PartnerAnchors
  readonly checkRevocation?: CheckRevocation
}

export interface UsableCertificate {
  readonly key: StoredKey
  readonly certificate: Certificate
  /** Intermediates to send along, its issuer first, without the root. */
  readonly chain: readonly Certificate[]
  /** It serves the whole domain; the address has none of its own. */
  readonly isDomain: boolean
  /** What its authorities say, for the decision record. */
  readonly revocation: string | undefined
}

export interface FoundCertificates {
  /** All that can be used, best first. Empty if there is none. */
  readonly usable: readonly UsableCertificate[]
  readonly setAside: readonly SetAside[]
}

/** The certificates that can serve an address for a purpose on a day: the newest first; those of its domain if it has no own. */
export async function findCertificates(
  sources: CertificateSources,
  address: string,
  purpose: Purpose,
  at: Date,
  signal: AbortSignal = AbortSignal.timeout(patienceMs),
): Promise<FoundCertificates> {
  const { keys, setAside } = keysInForce(await sources.keyStore.find(address), 'smime', address)
  const anchors = [...sources.anchors, ...((await sources.partnerAnchors?.(address)) ?? [])]
  using revocationEnd = deadlineWithin(signal, revocationLimitMs)
  const usable: UsableCertificate[] = []
  const objections: SetAside[] = [...setAside]
  for (const { key, isDomain } of keys) {
    if (isDomain && usable.length > 0) {
      objections.push({ key, reason: 'not-needed', detail: 'the address has a certificate of its own' })
      continue
    }
    const judged = judge(key, isDomain ? undefined : address, purpose, at, anchors)
    if ('reason' in judged) {
      objections.push(judged)
      continue
    }
    // One after the other: the answers about their common authority are at hand then.
    const revocation = await sources.checkRevocation?.(judged.path, at, revocationEnd.signal)
    if (revocation?.isBlocking)
      objections.push({
        key,
        reason: revocation.kind === 'revoked' ? 'revoked' : 'revocation-unknown',
        detail: revocation.detail,
        mayChange: revocation.mayChange === true,
      })
    else
      usable.push({
        ...judged,
        isDomain,
        revocation: revocation && `revocation ${revocation.kind} (${revocation.detail})`,
      })
  }
  return { usable, setAside: objections }
}

function judge(
  key: StoredKey,
  address: string | undefined,
  purpose: Purpose,
  at: Date,
  anchors: readonly Certificate[],
):
  | (Omit<UsableCertificate, 'isDomain' | 'revocation'> & { readonly path: readonly Certificate[] })
  | SetAside {
  let certificate: Certificate
  let intermediates: readonly Certificate[]
  try {
    certificate = storedCertificate(key.material)
    intermediates = key.chain.map(storedCertificate)
  } catch {
    return { key, reason: 'unreadable', detail: 'the stored certificate cannot be read' }
  }
  const vouched = vouchedFor(key)
  const result = usableFor(certificate, { address, purpose, at, anchors, intermediates, vouched })
  if (result.kind === 'unusable') return { key, reason: result.reason, detail: result.detail }
  // A path that was checked may know better than the file that was imported; one that is vouched for has none.
  const authorities = vouched ? intermediates : result.authorities
  return {
    key,
    certificate,
    chain: authorities.filter(({ selfIssued }) => !selfIssued),
    path: pathOf(certificate, result.authorities, { at, anchors, intermediates }),
  }
}

/** Whom somebody vouches for may have an authority all the same, and that may have revoked it. */
function pathOf(certificate: Certificate, authorities: readonly Certificate[], material: PathMaterial) {
  if (authorities.length > 0) return [certificate, ...authorities]
  const found = findPath(certificate, material)
  return found.kind === 'path' ? found.path : [certificate]
}
