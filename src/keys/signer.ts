import type { KeyObject } from 'node:crypto'
import type { Certificate } from './x509/certificate.ts'

/** With what somebody of ours signs. */
export interface Signer {
  readonly certificate: Certificate
  /** Intermediates to send along, the issuer of `certificate` first, without the root. */
  readonly chain: readonly Certificate[]
  readonly privateKey: KeyObject
  /** Sent along as the one that answers shall be encrypted to, where it is another than `certificate`. */
  readonly encryptionCertificate?: Certificate | undefined
}
