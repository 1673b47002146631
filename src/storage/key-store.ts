/** How sure it is that a key belongs to its addresses, rising. An administrator's word (`manual`) is the last. */
export const keyTrusts = ['harvested', 'discovered', 'verified', 'manual'] as const
export type KeyTrust = (typeof keyTrusts)[number]

/** A certificate or OpenPGP key: of somebody to write to, or our own. Times and addresses as the key itself says. */
export interface StoredKey {
  readonly kind: 'smime' | 'openpgp'
  /** smime: SHA-256 of the DER; openpgp: the key's own fingerprint. Lower-case hex. */
  readonly fingerprint: string
  readonly addresses: readonly string[]
  /** It also serves every address of these domains: the certificate of a gateway. Not of their subdomains. */
  readonly domains: readonly string[]
  /** PEM certificate, or armored OpenPGP public key. */
  readonly material: string
  /** Intermediate certificates, PEM, leaf's issuer first. */
  readonly chain: readonly string[]
  readonly notBefore: Date
  /** undefined: it has no end (OpenPGP). */
  readonly notAfter: Date | undefined
  readonly hasPrivateKey: boolean
  readonly trust: KeyTrust
  /** 'import', 'intake', 'signed mail', 'autocrypt', 'wkd', 'vks', 'hkp HOST', 'ldap HOST', 'dns', 'own authority', 'generated'. */
  readonly source: string
  /** `pending` waits for a person; `retired` encrypts and signs nothing any more, but still decrypts what comes late. */
  readonly state: 'active' | 'pending' | 'retired'
  /** While one key of an address is pinned, only pinned ones are used for it. */
  readonly pinned: boolean
  /** Object identifiers of the sMIMECapabilities that its owner announced, in order. */
  readonly capabilities: readonly string[]
  readonly addedAt: Date
}

/** Certificates, OpenPGP keys and private keys; the latter are sealed. */
export interface KeyStore {
  /**
   * Adds a key, or joins it with what is stored under its fingerprint. `privateKey` is PKCS#8 PEM, or an armored OpenPGP
   * private key without passphrase. Joined: a private key is never lost, trust and pinning never sink, what is active or retired
   * never becomes pending, domains add up; what comes with less trust than is stored changes only the material of an OpenPGP key.
   */
  add(key: StoredKey, privateKey?: string): Promise<void>
  /** All keys for an address, of every state: its own, and those of its whole domain. */
  find(address: string): Promise<readonly StoredKey[]>
  byFingerprint(fingerprint: string): Promise<StoredKey | undefined>
  /** All keys whose private half is here, of every state: old mail arrives late. */
  ownKeys(): Promise<readonly StoredKey[]>
  privateKeyOf(fingerprint: string): Promise<string | undefined>
  list(): Promise<readonly StoredKey[]>
  /** With its private key. These and all below: false where there is nothing to change. */
  remove(fingerprint: string): Promise<boolean>
  /** Changes the state of a key that is in state `from`. */
  change(fingerprint: string, from: StoredKey['state'], to: StoredKey['state']): Promise<boolean>
  pin(fingerprint: string, pinned: boolean): Promise<boolean>
  serveDomain(fingerprint: string, domain: string): Promise<boolean>
  /** It serves only its own addresses again. */
  serveNoDomain(fingerprint: string): Promise<boolean>
  /** What the owner of a certificate last said that he can read. */
  announce(fingerprint: string, capabilities: readonly string[]): Promise<boolean>
}
