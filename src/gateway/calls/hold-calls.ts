import { z } from 'zod'
import type { AuditEntry, AuditVerdict } from '../../storage/audit.ts'
import type { HeldOriginal } from '../../storage/held-originals.ts'

export const holdId = z
  .string()
  .regex(/^[0-9a-z]{26}$/, 'an identifier of 26 characters, as `hold list` shows it')
/** As it was stated: gateway.sock proves root, not which person. */
const by = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{C}+$/u, 'a name')
  .refine((name) => name.toLowerCase() !== 'gateway', 'the name of a person')
const reason = z.string().min(3).max(200)
/** Where to read on in a file; each answer names the next. */
export const offset = z
  .int()
  .min(0)
  .max(2 ** 40)

/** What an administrator can do with originals in our custody; part of the calls of gateway.sock. */
export const holdCalls = {
  'hold-list': z.strictObject({ state: z.enum(['held', 'locked', 'released', 'deleted']).optional() }),
  'hold-show': z.strictObject({ id: holdId }),
  'hold-release': z.strictObject({ id: holdId, by, reason }),
  'hold-extend': z.strictObject({ id: holdId, until: z.iso.datetime({ offset: true }), by, reason }),
  'hold-delete': z.strictObject({ id: holdId, by, reason }),
  'hold-fetch': z.strictObject({ id: holdId, by, offset }),
  'hold-log': z.strictObject({ id: holdId.optional(), limit: z.int().min(1).max(10_000).default(100) }),
} satisfies Record<string, z.ZodType>

/** A piece of a released original. The bytes are base64; `next` is where the piece behind it begins, null at the end. */
export interface FetchedPiece {
  readonly fileName: string
  readonly size: number
  /** SHA-256 of the whole file in hex. */
  readonly sha256: string | undefined
  readonly bytes: string
  readonly next: number | null
}

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface HoldAnswers {
  /** In the order in which their holds end; of very many the latest, and how many there are. */
  readonly 'hold-list': { readonly originals: readonly HeldOriginal[]; readonly total: number }
  readonly 'hold-show': { readonly original: HeldOriginal; readonly log: readonly AuditEntry[] }
  /** `asked`: a second person has to agree. */
  readonly 'hold-release': { readonly outcome: 'asked' | 'hastened' }
  readonly 'hold-extend': { readonly until: Date }
  readonly 'hold-delete': { readonly deleted: true }
  readonly 'hold-fetch': FetchedPiece
  /** `verdict` is about the whole record, whatever part of it was asked for. */
  readonly 'hold-log': { readonly entries: readonly AuditEntry[]; readonly verdict: AuditVerdict }
}
