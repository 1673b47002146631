/** A certification authority of our own, whose private key is here. */
export interface OwnAuthority {
  /** SHA-256 of the certificate's DER in lower-case hex. */
  readonly fingerprint: string
  readonly name: string
  /** PEM. */
  readonly certificate: string
  readonly createdAt: Date
}

/** A certificate that one of our authorities issued. */
export interface IssuedCertificate {
  readonly fingerprint: string
  /** Fingerprint of its authority. */
  readonly authority: string
  /** Serial number in hex. */
  readonly serial: string
  readonly address: string
  readonly notAfter: Date
  readonly issuedAt: Date
  readonly revokedAt: Date | undefined
}

/** Our own authorities and what they issued; private keys are sealed. */
export interface OwnAuthorities {
  /** `privateKey` is PKCS#8 PEM. */
  add(authority: OwnAuthority, privateKey: string): Promise<void>
  /** In the order in which they were made. */
  list(): Promise<readonly OwnAuthority[]>
  privateKeyOf(fingerprint: string): Promise<string | undefined>
  addIssued(issued: IssuedCertificate): Promise<void>
  findIssued(fingerprint: string): Promise<IssuedCertificate | undefined>
  /** All of one authority, in the order in which they were issued. */
  issuedBy(authority: string): Promise<readonly IssuedCertificate[]>
  /** false if no such certificate was issued, or it is revoked already. */
  revoke(fingerprint: string, at: Date): Promise<boolean>
}
