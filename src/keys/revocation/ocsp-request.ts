import { createHash } from 'node:crypto'
import type { Certificate } from '../x509/certificate.ts'
import { nullValue, octetString, oid, sequence } from '../x509/write-der.ts'

/** Hashes of a CertID by their object identifiers. They only name an issuer that is known anyway, so SHA-1 does. */
const hashes: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])
const sha1 = '1.3.14.3.2.26'

/** What a CertID (RFC 6960 4.1.1) says of the issuer under a hash; undefined for hashes that nobody uses. */
export function issuerHashes(
  issuer: Certificate,
  hashOid: string,
): { name: Buffer; key: Buffer } | undefined {
  const hash = hashes.get(hashOid)
  if (!hash) return undefined
  const digest = (bytes: Uint8Array) => createHash(hash).update(bytes).digest()
  return { name: digest(issuer.subject), key: digest(issuer.publicKeyBits) }
}

/**
 * An OCSPRequest for one certificate: SHA-1, no nonce, no extensions, as RFC 5019 2.1 wants it so that responders can
 * answer from their store. Times in the answer show that it is fresh.
 */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Buffer {
  const named = issuerHashes(issuer, sha1)
  if (!named) throw new Error('SHA-1 is a hash of CertID')
  const certId = sequence(
    sequence(oid(sha1), nullValue),
    octetString(named.name),
    octetString(named.key),
    certificate.serialNumber,
  )
  return sequence(sequence(sequence(sequence(certId))))
}
