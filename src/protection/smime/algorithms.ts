import type { Certificate } from '../../keys/x509/certificate.ts'
import { context, nullValue, oid, sequence } from '../../keys/x509/write-der.ts'

/** Content types of CMS (RFC 5652 4, 5.1, 6.1; RFC 5083 2.1). */
export const data = oid('1.2.840.113549.1.7.1')
export const signedData = oid('1.2.840.113549.1.7.2')
export const envelopedData = oid('1.2.840.113549.1.7.3')
export const authEnvelopedData = oid('1.2.840.113549.1.9.16.1.23')

/** The digests that a signature may rest on. */
export type DigestName = 'sha256' | 'sha384' | 'sha512'

/** Object identifiers in dotted form, and the names for multipart/signed (RFC 8551 3.5.3.2). */
export const digests: Readonly<Record<DigestName, { readonly oid: string; readonly micalg: string }>> = {
  sha256: { oid: '2.16.840.1.101.3.4.2.1', micalg: 'sha-256' },
  sha384: { oid: '2.16.840.1.101.3.4.2.2', micalg: 'sha-384' },
  sha512: { oid: '2.16.840.1.101.3.4.2.3', micalg: 'sha-512' },
}

/** AlgorithmIdentifier of a digest. RFC 5754 2: SHA-2 without parameters. */
export function digestIdentifier(digest: DigestName): Buffer {
  return sequence(oid(digests[digest].oid))
}

/** RFC 3370 3.2, 4.2.1: RSA with NULL. */
export const rsaEncryption = sequence(oid('1.2.840.113549.1.1.1'), nullValue)
/** RFC 8419 3.1: without parameters. */
export const ed25519 = sequence(oid('1.3.101.112'))
export const ecdsaWith: Readonly<Record<DigestName, Buffer>> = {
  sha256: sequence(oid('1.2.840.10045.4.3.2')),
  sha384: sequence(oid('1.2.840.10045.4.3.3')),
  sha512: sequence(oid('1.2.840.10045.4.3.4')),
}

/** Hash and mask generation of RSASSA-PSS and RSAES-OAEP under [0] and [1] (RFC 4055 2.1, 2.2: here with NULL). */
export function hashAndMask(digest: DigestName): readonly [Buffer, Buffer] {
  const hash = sequence(oid(digests[digest].oid), nullValue)
  return [context(0, hash), context(1, sequence(oid('1.2.840.113549.1.1.8'), hash))]
}

/** RSAES-OAEP with SHA-256 (RFC 3560, RFC 4055 4.1). */
export const rsaesOaep = sequence(oid('1.2.840.113549.1.1.7'), sequence(...hashAndMask('sha256')))

export const aes256Wrap = sequence(oid('2.16.840.1.101.3.4.1.45'))
export const aes256Cbc = oid('2.16.840.1.101.3.4.1.42')
export const aes128Cbc = oid('2.16.840.1.101.3.4.1.2')
export const aes256Gcm = oid('2.16.840.1.101.3.4.1.46')
export const aes128Gcm = oid('2.16.840.1.101.3.4.1.6')
export const ecPublicKey = oid('1.2.840.10045.2.1')
export const x25519 = oid('1.3.101.110')
/** dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753 7.1.4). */
export const ephemeralStaticDh = oid('1.3.132.1.11.1')

/** IssuerAndSerialNumber (RFC 5652 10.2.4), from the certificate's own bytes. */
export function issuerAndSerialNumber({ issuer, serialNumber }: Certificate): Buffer {
  return sequence(issuer, serialNumber)
}
