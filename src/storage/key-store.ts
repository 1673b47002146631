/** A certificate that somebody can be written to with, or that we sign with. PEM text; times from the certificate. */
export interface StoredCertificate {
  /** SHA-256 of the DER in lower-case hex. */
  readonly fingerprint: string
  readonly addresses: readonly string[]
  readonly pem: string
  /** Intermediate certificates, PEM, leaf's issuer first. */
  readonly chain: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
  readonly hasPrivateKey: boolean
  /** Where it came from, such as 'import by administrator'. */
  readonly provenance: string
  readonly addedAt: Date
}

/** Certificates and private keys; the latter are sealed. */
export interface KeyStore {
  /** Adds or replaces by fingerprint. `privateKey` is PKCS#8 PEM. */
  add(certificate: StoredCertificate, privateKey?: string): Promise<void>
  certificatesOf(address: string): Promise<readonly StoredCertificate[]>
  privateKeyOf(fingerprint: string): Promise<string | undefined>
  list(): Promise<readonly StoredCertificate[]>
  remove(fingerprint: string): Promise<boolean>
}
