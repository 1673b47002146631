import { z } from 'zod'
import type { SourceReport } from '../../keys/discovery/discover-keys.ts'
import type { StoredKey } from '../../storage/key-store.ts'

/** A key by its fingerprint or the beginning of it, or by an address that has only one. */
export const key = z
  .string()
  .regex(
    /^(?:[0-9a-fA-F]{8,64}|[^\s@]{1,64}@[^\s@]{1,253})$/,
    'a fingerprint, at least its first 8 hex digits, or an address',
  )

export const address = z
  .string()
  .min(3)
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'an address such as ann@example.org')

const domain = z
  .string()
  .max(253)
  .regex(/^([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]+$/i, 'a mail domain such as example.org')

export const keyActs = ['accept', 'refuse', 'pin', 'unpin', 'retire', 'remove'] as const
export type KeyAct = (typeof keyActs)[number]

/** What an administrator can do with certificates and keys; part of the calls of gateway.sock. */
export const keyCalls = {
  'key-import': z.strictObject({
    /** Base64 of the file. */
    file: z.base64().max(1_500_000),
    password: z.string().max(1000).optional(),
    /** What is in the file serves this whole domain. */
    domain: domain.optional(),
  }),
  'key-list': z.strictObject({
    address: address.optional(),
    state: z.enum(['active', 'pending', 'retired']).optional(),
  }),
  'key-show': z.strictObject({ key }),
  'key-export': z.strictObject({ key }),
  'key-export-private': z.strictObject({
    key,
    password: z
      .string()
      .min(12, 'a password of at least 12 characters: whoever gets the file can try all shorter ones')
      .max(1000),
  }),
  'key-change': z.strictObject({ key, act: z.enum(keyActs) }),
  /** `none`: it serves only its own addresses again. */
  'key-domain': z.strictObject({ key, domain: z.union([z.literal('none'), domain]) }),
  'key-explain': z.strictObject({ address }),
  'key-discover': z.strictObject({ address }),
} satisfies Record<string, z.ZodType>

/** A key without its text: that is for `key-export`. */
export type ShownKey = Omit<StoredKey, 'material' | 'chain'>

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface KeyAnswers {
  readonly 'key-import': { readonly imported: readonly ShownKey[]; readonly retried: readonly string[] }
  readonly 'key-list': readonly ShownKey[]
  /** `subject` and `issuer` of a certificate, as the certificate names them. */
  readonly 'key-show': ShownKey & {
    readonly subject: string | undefined
    readonly issuer: string | undefined
  }
  readonly 'key-export': { readonly text: string }
  readonly 'key-export-private': { readonly fileName: string; readonly bytes: string }
  readonly 'key-change': { readonly key: ShownKey; readonly retried: readonly string[] }
  readonly 'key-domain': { readonly key: ShownKey; readonly retried: readonly string[] }
  /** What each source that is switched on said just now; empty where none is, or none may be asked for the address. */
  readonly 'key-discover': {
    readonly sources: readonly SourceReport[]
    readonly retried: readonly string[]
  }
  /** Lines for people: what mail to the address would be encrypted with, and what mail of it would be signed with. */
  readonly 'key-explain': { readonly encrypt: readonly string[]; readonly sign: readonly string[] }
}
