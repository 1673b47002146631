import type { Certificate } from './certificate.ts'
import { keyWeakness } from './key-strength.ts'
import { withinNameConstraints } from './name-constraints.ts'
import { isSoundSignature } from './verify-signature.ts'

/** What a path may be built from. */
export interface PathMaterial {
  /** Trusted by the administrator. They count as issuers only: a leaf is never its own anchor. */
  readonly anchors: readonly Certificate[]
  /** Not trusted, only tried. */
  readonly intermediates: readonly Certificate[]
  readonly at: Date
}

export type PathResult =
  /** Leaf first, anchor last. */
  | { readonly kind: 'path'; readonly path: readonly Certificate[] }
  | { readonly kind: 'none'; readonly detail: string }

/** Leaf, four intermediates and an anchor: twice of what public authorities use. */
const maxPathLength = 6
/** Signature checks for one leaf. Many look-alike intermediates with one name could otherwise cost minutes. */
const maxChecks = 64

/** id-kp-emailProtection and anyExtendedKeyUsage: RFC 8550 4.4.4 takes either. */
const mailUsages = new Set(['1.3.6.1.5.5.7.3.4', '2.5.29.37.0'])

/** Whether extendedKeyUsage, where present, allows mail. */
export function isForMail({ extendedKeyUsage }: Certificate): boolean {
  return extendedKeyUsage === undefined || extendedKeyUsage.some((usage) => mailUsages.has(usage))
}

/**
 * Looks for a chain from `leaf` to an anchor that RFC 5280 6.1 accepts for mail at a time. Certificate policies are
 * not demanded; revocation is not looked at here.
 */
export function findPath(leaf: Certificate, { anchors, intermediates, at }: PathMaterial): PathResult {
  let checks = 0
  let detail = 'no issuer of it is known'
  const anchorPrints = new Set(anchors.map((anchor) => anchor.fingerprint))
  const candidates = [
    ...anchors,
    ...intermediates.filter(({ fingerprint }) => !anchorPrints.has(fingerprint)),
  ]

  function extend(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const lowest = path.at(-1)
    if (!lowest || path.length >= maxPathLength) return undefined
    for (const issuer of candidates) {
      // By name and key identifier, in OpenSSL's reading: it overlooks spellings that RFC 5280 7.1 calls equal.
      if (!lowest.x509.checkIssued(issuer.x509)) continue
      if (path.some(({ fingerprint }) => fingerprint === issuer.fingerprint)) continue
      const objection = objectionTo(issuer, path, at)
      if (objection) {
        detail = objection
        continue
      }
      if (++checks > maxChecks) return undefined
      if (!hasSigned(issuer, lowest)) {
        detail = 'the signature of its issuer does not verify'
        continue
      }
      const longer = [...path, issuer]
      const found = anchorPrints.has(issuer.fingerprint) ? longer : extend(longer)
      if (found) return found
    }
    return undefined
  }

  if (leaf.unknownCritical.length > 0) return { kind: 'none', detail: unknownExtension(leaf) }
  const path = extend([leaf])
  return path ? { kind: 'path', path } : { kind: 'none', detail }
}

/** Why `issuer` may not stand above `path`; undefined if it may. Its signature is not looked at yet. */
function objectionTo(issuer: Certificate, path: readonly Certificate[], at: Date): string | undefined {
  const { keyUsage, pathLength, nameConstraints } = issuer
  // RFC 5280 4.2.1.9: pathLenConstraint counts the intermediates below, self-issued ones left out.
  const between = path.slice(1).filter((certificate) => !certificate.selfIssued).length
  if (!issuer.isAuthority || keyUsage?.has('keyCertSign') === false) return 'its issuer is no authority'
  if (pathLength !== undefined && between > pathLength) return 'the chain is longer than its authority allows'
  if (at < issuer.notBefore || at > issuer.notAfter) return 'an authority above it is out of its time'
  if (!isForMail(issuer)) return 'an authority above it is not for mail'
  if (issuer.unknownCritical.length > 0) return unknownExtension(issuer)
  if (keyWeakness(issuer.publicKey)) return 'an authority above it has a weak key'
  if (nameConstraints && path.some((below) => !withinNameConstraints(nameConstraints, below))) {
    return 'its names lie outside of what its authority may certify'
  }
  return undefined
}

function unknownExtension({ unknownCritical }: Certificate): string {
  return `critical extension ${unknownCritical[0]} is not known here`
}

function hasSigned(issuer: Certificate, lowest: Certificate): boolean {
  if (!isSoundSignature(lowest.signatureAlgorithm)) return false
  try {
    return lowest.x509.verify(issuer.publicKey)
  } catch {
    // OpenSSL throws for keys that do not fit the algorithm; then it is no signature of theirs.
    return false
  }
}
