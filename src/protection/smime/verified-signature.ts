import type { Certificate } from '../../keys/x509/certificate.ts'
import type { ByteSource } from '../../message/byte-source.ts'

/** Why a signature proves nothing, whoever made it. */
export type SignatureProblem =
  /** Not CMS, or not what RFC 5652 5 describes. */
  | 'malformed'
  /** More certificates, signers or bytes of them than any mail has. */
  | 'too-large'
  /** Two contents, one inside and one beside the signature: which one would it be for? */
  | 'two-contents'
  /** Nothing that it could be about. */
  | 'no-content'
  /** The signature is about something else than mail (RFC 8551 2.4.1). */
  | 'wrong-content-type'
  /** Signed attributes are missing, twice there, or speak of something else (RFC 5652 11). */
  | 'wrong-attributes'
  /** MD5, SHA-1 and the like: anybody could have made another content for it. */
  | 'weak-digest'
  | 'unsupported-algorithm'
  /** The signer's certificate is not among those that came along. */
  | 'no-certificate'
  /** The signer signed the name of another certificate than the one that is shown (RFC 5035). */
  | 'other-certificate'
  /** The content is not the one that was signed. */
  | 'content-changed'
  /** The key of the certificate did not make this signature. */
  | 'wrong-signature'

/** What one SignerInfo says. Only of an intact one anything may be believed. */
export interface VerifiedSigner {
  readonly certificate: Certificate | undefined
  readonly isIntact: boolean
  /** Set exactly where it is not intact. */
  readonly problem?: SignatureProblem
  /** As the signer claims. */
  readonly signedAt: Date | undefined
  /** OIDs of the sMIMECapabilities (RFC 8551 2.5.2), best first. */
  readonly capabilities: readonly string[]
  /** The certificate that answers shall be encrypted to (RFC 8551 2.5.3), if it came along. */
  readonly encryptionCertificate?: Certificate
  /** Such as `RSA-SHA256`, `RSASSA-PSS-SHA256`, `ECDSA-SHA384`, `Ed25519`. */
  readonly algorithm: string
}

/** The mathematics of a signature; whether the signer may be believed is for `judgeSigner`. */
export interface VerifiedSignature {
  /** What an opaque signature contained, out of the workspace, byte for byte what was digested; undefined for a detached one. */
  readonly content: ByteSource | undefined
  /** All that came along, none of them trusted. */
  readonly certificates: readonly Certificate[]
  /** Empty for certificates without a signature, and where `problem` says why nothing could be read. */
  readonly signers: readonly VerifiedSigner[]
  readonly problem?: SignatureProblem
}
