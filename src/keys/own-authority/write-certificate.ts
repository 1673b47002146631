import type { KeyObject } from 'node:crypto'
import { context, der, oid, sequence, smallInteger, time } from '../x509/write-der.ts'
import {
  authorityKeyIdentifier,
  extension,
  keyIdentifier,
  nameOf,
  newSerialNumber,
  pem,
  publicKeyInfo,
  signatureAlgorithm,
  signed,
} from './x509-parts.ts'

/** keyUsage (RFC 5280 4.2.1.3), its bits as DER writes them. */
export const keyUsage = {
  /** keyCertSign, cRLSign */
  authority: Buffer.from([0x03, 0x02, 0x01, 0x06]),
  /** digitalSignature, keyEncipherment: one certificate to sign and to decrypt with. */
  mail: Buffer.from([0x03, 0x02, 0x05, 0xa0]),
} as const

const emailProtection = '1.3.6.1.5.5.7.3.4'

export interface CertificateContent {
  /** DER of the issuer's name; undefined: the subject's own. */
  readonly issuer?: Uint8Array
  readonly subject: string
  readonly publicKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Buffer[]
}

/** A certificate of version 3, PEM, signed by the authority with this pair of keys. */
export function writeCertificate(
  content: CertificateContent,
  authority: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): string {
  const { subject, issuer, publicKey, notBefore, notAfter, extensions } = content
  const tbs = sequence(
    context(0, smallInteger(2)),
    newSerialNumber(),
    signatureAlgorithm,
    issuer ?? nameOf(subject),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKeyInfo(publicKey),
    context(
      3,
      sequence(
        ...extensions,
        extension('2.5.29.14', der(0x04, keyIdentifier(publicKey))),
        authorityKeyIdentifier(authority.publicKey),
      ),
    ),
  )
  return pem('CERTIFICATE', signed(tbs, authority.privateKey))
}

/** No authority may stand below ours. */
export function authorityExtensions(): readonly Buffer[] {
  return [
    extension('2.5.29.19', sequence(der(0x01, Buffer.from([0xff])), smallInteger(0)), true),
    extension('2.5.29.15', keyUsage.authority, true),
  ]
}

/** To sign and decrypt the mail of one address (RFC 8550 3 and 4.4). */
export function mailExtensions(address: string): readonly Buffer[] {
  return [extension('2.5.29.19', sequence(), true), ...requestedExtensions(address)]
}

/** What is asked of a public authority: it decides on all else. */
export function requestedExtensions(address: string): readonly Buffer[] {
  return [
    extension('2.5.29.15', keyUsage.mail, true),
    extension('2.5.29.37', sequence(oid(emailProtection))),
    extension('2.5.29.17', sequence(der(0x81, Buffer.from(address, 'latin1')))),
  ]
}
