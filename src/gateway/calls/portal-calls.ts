import { z } from 'zod'

/**
 * What the portal may ask of the gateway over portal.sock: only what anybody may know. It faces the Internet, so
 * nothing that changes anything and nothing about a message belongs here.
 */
export const portalCalls = {
  organization: z.strictObject({}),
  certificates: z.strictObject({}),
  'openpgp-keys': z.strictObject({}),
} satisfies Record<string, z.ZodType>

/** What each call answers. Dates travel as ISO 8601 text, bytes as base64. */
export interface PortalAnswers {
  readonly organization: PublicOrganization
  readonly certificates: PublicCertificates
  readonly 'openpgp-keys': readonly PublicOpenPgpKey[]
}

/** Who we are, for people outside. */
export interface PublicOrganization {
  readonly name: string
  readonly telephone: string
}

/** The S/MIME certificates of our staff that are valid now. */
export interface PublicCertificates {
  readonly certificates: readonly PublicCertificate[]
  /** All of them with their chains in one PKCS#7 structure without signature (RFC 8551 3.8), DER in base64. */
  readonly bundle: string
}

/** An entry of the web key directory (draft-koch-openpgp-webkey-service, 3.1). */
export interface PublicOpenPgpKey {
  readonly domain: string
  readonly hash: string
  /** Binary, in base64. */
  readonly key: string
}

/** One certificate; `subject` and `issuer` are whatever the authority wrote into it. */
export interface PublicCertificate {
  /** SHA-256 of the DER in lower-case hex. */
  readonly fingerprint: string
  readonly addresses: readonly string[]
  readonly subject: string
  readonly issuer: string
  readonly notBefore: string
  readonly notAfter: string
  /** DER in base64. */
  readonly der: string
}
