import type { Signer } from '../../keys/signer.ts'
import { allows } from '../../keys/x509/usable-for.ts'
import { octetString, oid, sequence, setOf, time } from '../../keys/x509/write-der.ts'
import {
  aes128Cbc,
  aes128Gcm,
  aes256Cbc,
  aes256Gcm,
  aes256Wrap,
  data,
  ephemeralStaticDh,
  issuerAndSerialNumber,
  rsaesOaep,
} from './algorithms.ts'

/** Types of attributes (RFC 5652 11, RFC 8551 2.5, RFC 5035 3), in dotted form. */
export const attributeTypes = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  capabilities: '1.2.840.113549.1.9.15',
  encryptionKeyPreference: '1.2.840.113549.1.9.16.2.11',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  /** Outlook looks for the preference under Microsoft's name. */
  microsoftKeyPreference: '1.3.6.1.4.1.311.16.4',
} as const

/** What a signer of ours says under the signature: digest, time, with which certificate, what can be read in answers. */
export function signedAttributes(digest: Uint8Array, signer: Signer, signingTime: Date): readonly Buffer[] {
  const { certificate } = signer
  const encryption =
    signer.encryptionCertificate ?? (allows(certificate, 'encrypt') ? certificate : undefined)
  const attributes = [
    attribute('contentType', data),
    attribute('messageDigest', octetString(digest)),
    attribute('signingTime', time(signingTime)),
    // RFC 5035 4: ESSCertIDv2 with SHA-256, the default. Nobody can show another certificate for the same key.
    attribute(
      'signingCertificateV2',
      sequence(sequence(sequence(octetString(Buffer.from(certificate.fingerprint, 'hex'))))),
    ),
    attribute('capabilities', capabilitiesFor(encryption?.publicKey.asymmetricKeyType)),
  ]
  if (encryption) {
    const own = issuerAndSerialNumber(encryption)
    attributes.push(
      // [0] IMPLICIT IssuerAndSerialNumber.
      attribute('encryptionKeyPreference', Buffer.concat([Buffer.from([0xa0]), own.subarray(1)])),
      attribute('microsoftKeyPreference', own),
    )
  }
  return attributes
}

/** What the gateway reads on behalf of the signer, best first (RFC 8551 2.5.2; RFC 3560 5; RFC 5753 8). */
function capabilitiesFor(keyType: string | undefined): Buffer {
  const ciphers = [aes256Gcm, aes256Cbc, aes128Gcm, aes128Cbc].map((cipher) => sequence(cipher))
  switch (keyType) {
    case 'rsa':
      return sequence(...ciphers, rsaesOaep)
    case 'ec':
    case 'x25519':
      return sequence(...ciphers, sequence(ephemeralStaticDh, aes256Wrap))
    default:
      return sequence(...ciphers)
  }
}

function attribute(name: keyof typeof attributeTypes, value: Uint8Array): Buffer {
  return sequence(oid(attributeTypes[name]), setOf(value))
}
