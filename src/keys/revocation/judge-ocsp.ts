import { type Certificate, readCertificate } from '../x509/certificate.ts'
import { keyWeakness } from '../x509/key-strength.ts'
import { isSoundSignature, verifySignature } from '../x509/verify-signature.ts'
import { issuerHashes } from './ocsp-request.ts'
import type { CertId, OcspResponse } from './read-ocsp.ts'
import { type Finding, outOfTime, revokedFinding, unknownFinding } from './revocation.ts'

const ocspSigning = '1.3.6.1.5.5.7.3.9'
/** An answer without nextUpdate says that newer ones can be had at any time: it counts as long as a cached one would. */
const longestMs = 24 * 60 * 60_000

/** What an answer counts for, and until when it may be kept. */
export interface OcspFinding extends Finding {
  readonly until?: Date
}

/** What an OCSP answer says of `certificate`, whose `issuer` is believed (RFC 6960 3.2 and 4.2.2). */
export async function judgeOcsp(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
): Promise<OcspFinding> {
  const single = response.responses.find(({ certId }) => isAbout(certId, certificate, issuer))
  if (!single) return unknownFinding('the answer is about another certificate')
  for (const [oid, { critical }] of [...response.extensions, ...single.extensions]) {
    if (critical) return unknownFinding(`the answer has the critical extension ${oid}`)
  }
  if (!(await isSignedForIssuer(response, issuer, at)))
    return unknownFinding('nobody who may answer for the authority signed the answer')
  const { status, thisUpdate, nextUpdate = new Date(thisUpdate.getTime() + longestMs) } = single
  const late = outOfTime(thisUpdate, nextUpdate, at)
  if (late) return unknownFinding(`of the answer: ${late}`)
  const until = nextUpdate
  switch (status.kind) {
    case 'good':
      return { kind: 'good', detail: `good in the answer of ${thisUpdate.toISOString()}`, until }
    case 'revoked':
      return { ...revokedFinding(status.revokedAt, status.reason), until }
    case 'unknown':
      return unknownFinding('its responder does not know it')
  }
}

function isAbout(certId: CertId, certificate: Certificate, issuer: Certificate): boolean {
  const expected = issuerHashes(issuer, certId.hash)
  if (!expected?.name.equals(certId.issuerName) || !expected.key.equals(certId.issuerKey)) return false
  return Buffer.compare(certId.serialNumber, certificate.serialNumber) === 0
}

/** RFC 6960 4.2.2.2: the issuer itself, or whom it certified for just that. No third party, as none is configured. */
async function isSignedForIssuer(response: OcspResponse, issuer: Certificate, at: Date): Promise<boolean> {
  const isSignedBy = ({ publicKey }: Certificate) =>
    verifySignature(response.signatureAlgorithm, publicKey, response.signedBytes, response.signature)
  if (await isSignedBy(issuer)) return true
  for (const der of response.certificates) {
    const delegate = delegateOf(issuer, der, at)
    if (delegate && (await isSignedBy(delegate))) return true
  }
  return false
}

function delegateOf(issuer: Certificate, der: Uint8Array, at: Date): Certificate | undefined {
  try {
    const delegate = readCertificate(der)
    return isDelegate(delegate, issuer, at) ? delegate : undefined
  } catch {
    // What OpenSSL cannot read is nobody's certificate.
    return undefined
  }
}

function isDelegate(delegate: Certificate, issuer: Certificate, at: Date): boolean {
  return (
    delegate.extendedKeyUsage?.includes(ocspSigning) === true &&
    delegate.keyUsage?.has('digitalSignature') !== false &&
    delegate.unknownCritical.length === 0 &&
    at >= delegate.notBefore &&
    at <= delegate.notAfter &&
    keyWeakness(delegate.publicKey) === undefined &&
    isSoundSignature(delegate.signatureAlgorithm) &&
    delegate.x509.checkIssued(issuer.x509) &&
    delegate.x509.verify(issuer.publicKey)
  )
}
