/** A request to a public authority, whose certificate has not come back yet. */
export interface KeyRequest {
  /** SHA-256 of the public key (DER of its SubjectPublicKeyInfo) in lower-case hex. */
  readonly publicKey: string
  readonly address: string
  /** The PKCS#10 request, PEM. */
  readonly request: string
  readonly createdAt: Date
}

/** Requests that wait for their certificate, with the private keys, sealed. */
export interface KeyRequests {
  /** `privateKey` is PKCS#8 PEM. */
  add(request: KeyRequest, privateKey: string): Promise<void>
  list(): Promise<readonly KeyRequest[]>
  privateKeyOf(publicKey: string): Promise<string | undefined>
  /** With its private key. */
  remove(publicKey: string): Promise<boolean>
}
