import { z } from 'zod'
import type { IssuedCertificate, OwnAuthority } from '../../storage/own-authorities.ts'
import { address, key, type ShownKey } from './key-calls.ts'

/** As it will stand in certificates, for everybody to see. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(64, 'at most 64 characters')
  .regex(/^\P{C}+$/u, 'a name')
const person = z.strictObject({ address, name: name.optional() })

export const revocationReasons = ['compromised', 'superseded', 'retired'] as const
export type RevocationReason = (typeof revocationReasons)[number]

/** What an administrator does with our own authority, and with keys that are made here; part of gateway.sock. */
export const authorityCalls = {
  'ca-create': z.strictObject({ name }),
  'ca-show': z.strictObject({}),
  'ca-issue': person,
  'ca-list': z.strictObject({}),
  'ca-revoke': z.strictObject({
    fingerprint: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 fingerprint in hex'),
  }),
  'ca-crl': z.strictObject({}),
  'key-request': person,
  'key-request-list': z.strictObject({}),
  'key-request-withdraw': z.strictObject({ address }),
  'key-generate': person,
  'key-revoke': z.strictObject({ key, reason: z.enum(revocationReasons) }),
} satisfies Record<string, z.ZodType>

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface AuthorityAnswers {
  readonly 'ca-create': OwnAuthority
  readonly 'ca-show': OwnAuthority
  readonly 'ca-issue': IssuedCertificate
  readonly 'ca-list': readonly IssuedCertificate[]
  readonly 'ca-revoke': { readonly revokedAt: Date }
  /** PEM. */
  readonly 'ca-crl': { readonly list: string }
  /** PEM of the PKCS#10 request. */
  readonly 'key-request': { readonly request: string }
  readonly 'key-request-list': readonly {
    readonly publicKey: string
    readonly address: string
    readonly createdAt: Date
  }[]
  /** How many there were. */
  readonly 'key-request-withdraw': { readonly withdrawn: number }
  readonly 'key-generate': ShownKey
  readonly 'key-revoke': ShownKey
}
