import type { Certificate } from '../../keys/certificate.ts'
import { nullValue, oid, sequence } from './der.ts'

/** Content types of CMS (RFC 5652 4, 5.1, 6.1). */
export const data = oid('1.2.840.113549.1.7.1')
export const signedData = oid('1.2.840.113549.1.7.2')
export const envelopedData = oid('1.2.840.113549.1.7.3')

/** AlgorithmIdentifiers. RFC 5754 2: SHA-2 without parameters; RFC 3370 3.2, 4.2.1: RSA with NULL. */
export const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'))
export const rsaEncryption = sequence(oid('1.2.840.113549.1.1.1'), nullValue)
export const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
export const aes256Wrap = sequence(oid('2.16.840.1.101.3.4.1.45'))
export const aes256Cbc = oid('2.16.840.1.101.3.4.1.42')
export const aes128Cbc = oid('2.16.840.1.101.3.4.1.2')
export const ecPublicKey = oid('1.2.840.10045.2.1')
/** dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753 7.1.4). */
export const ephemeralStaticDh = oid('1.3.132.1.11.1')

/** IssuerAndSerialNumber (RFC 5652 10.2.4), from the certificate's own bytes. */
export function issuerAndSerialNumber({ issuer, serialNumber }: Certificate): Buffer {
  return sequence(issuer, serialNumber)
}
