import type { Certificate } from './certificate.ts'

/** How CMS names the certificate that it was encrypted to (RFC 5652 6.2.1); both in DER as certificates have them. */
export type RecipientIdentifier =
  /** Whole elements: compare with `issuer` and `serialNumber` of a Certificate. */
  | { readonly kind: 'issuerAndSerialNumber'; readonly issuer: Uint8Array; readonly serialNumber: Uint8Array }
  /** The bytes of the key identifier alone. */
  | { readonly kind: 'subjectKeyIdentifier'; readonly keyIdentifier: Uint8Array }

export function isNamedBy(certificate: Certificate, identifier: RecipientIdentifier): boolean {
  switch (identifier.kind) {
    case 'issuerAndSerialNumber':
      return (
        Buffer.compare(certificate.issuer, identifier.issuer) === 0 &&
        Buffer.compare(certificate.serialNumber, identifier.serialNumber) === 0
      )
    case 'subjectKeyIdentifier':
      return (
        certificate.subjectKeyIdentifier !== undefined &&
        Buffer.compare(certificate.subjectKeyIdentifier, identifier.keyIdentifier) === 0
      )
  }
}
