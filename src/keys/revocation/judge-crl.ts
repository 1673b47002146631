import type { Certificate } from '../x509/certificate.ts'
import { childrenOf, type DerElement, readDer } from '../x509/read-der.ts'
import { verifySignature } from '../x509/verify-signature.ts'
import { addressesIn, fullNames } from './places.ts'
import { type Crl, findRevoked } from './read-crl.ts'
import { type Finding, outOfTime, revokedFinding, unknownFinding } from './revocation.ts'

const issuingDistributionPoint = '2.5.29.28'
/** `critical` with these is understood. deltaCRLIndicator is not: a delta alone says too little, so it is no list for us. */
const understood: ReadonlySet<string> = new Set([issuingDistributionPoint])
const removedFromList = 8

export interface CrlQuestion {
  readonly certificate: Certificate
  /** Believed: the next one in a path to an anchor. */
  readonly issuer: Certificate
  /** The addresses that `certificate` gives for its list. */
  readonly places: readonly string[]
  readonly at: Date
}

export type IsSignedBy = (crl: Crl, issuer: Certificate) => Promise<boolean>

export function verifyCrl(crl: Crl, { publicKey }: Certificate): Promise<boolean> {
  return verifySignature(crl.signatureAlgorithm, publicKey, crl.signedBytes, crl.signature)
}

/** `verifyCrl` that remembers: hashing 16 MiB for each mail would be felt. */
export function verifyCrlOnce(): IsSignedBy {
  const known = new WeakMap<Crl, Map<string, Promise<boolean>>>()
  return (crl, issuer) => {
    const byIssuer = known.get(crl) ?? new Map<string, Promise<boolean>>()
    known.set(crl, byIssuer)
    const verdict = byIssuer.get(issuer.fingerprint) ?? verifyCrl(crl, issuer)
    byIssuer.set(issuer.fingerprint, verdict)
    return verdict
  }
}

/**
 * What a list says of a certificate (RFC 5280 6.3.3). A list for another part of the authority's certificates says
 * nothing.
 */
export async function judgeCrl(
  crl: Crl,
  { certificate, issuer, places, at }: CrlQuestion,
  isSignedBy: IsSignedBy = verifyCrl,
): Promise<Finding> {
  if (Buffer.compare(crl.issuer, certificate.issuer) !== 0) return unknownFinding('a list of another issuer')
  if (issuer.keyUsage?.has('cRLSign') === false) return unknownFinding('its issuer may not sign lists')
  if (!(await isSignedBy(crl, issuer))) return unknownFinding('the signature of the list does not verify')
  const objection = scopeObjection(crl, certificate, places)
  if (objection) return unknownFinding(objection)
  const entry = findRevoked(crl, certificate.serialNumber)
  // Also from a list that is out of date: what was revoked stays revoked.
  if (entry && entry.reason !== removedFromList) return revokedFinding(entry.revokedAt, entry.reason)
  if (!crl.nextUpdate) return unknownFinding('the list does not say how long it counts')
  const late = outOfTime(crl.thisUpdate, crl.nextUpdate, at)
  if (late) return unknownFinding(`of the list: ${late}`)
  return { kind: 'good', detail: `not in the list of ${crl.thisUpdate.toISOString()}` }
}

/** Why the list does not cover the certificate; undefined if it does. */
function scopeObjection(
  { extensions }: Crl,
  certificate: Certificate,
  places: readonly string[],
): string | undefined {
  for (const [oid, { critical }] of extensions) {
    if (critical && !understood.has(oid)) return `the list has the critical extension ${oid}`
  }
  const scope = extensions.get(issuingDistributionPoint)?.value
  if (!scope) return undefined
  for (const part of childrenOf(readDer(scope))) {
    const objection = objectionTo(part, certificate, places)
    if (objection) return objection
  }
  return undefined
}

/** The fields of IssuingDistributionPoint (RFC 5280 5.2.5). BOOLEANs stand there only when they are true. */
function objectionTo(
  part: DerElement,
  certificate: Certificate,
  places: readonly string[],
): string | undefined {
  switch (part.tag) {
    case 0xa0:
      return addressesIn(fullNames(part)).some((address) => places.includes(address))
        ? undefined
        : 'the list is for another part of the certificates'
    case 0x81:
      return certificate.isAuthority ? 'the list is for users only' : undefined
    case 0x82:
      return certificate.isAuthority ? undefined : 'the list is for authorities only'
    default:
      // onlySomeReasons, indirectCRL, onlyContainsAttributeCerts.
      return 'the list is of a kind that is not read here'
  }
}
