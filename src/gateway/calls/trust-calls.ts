import { z } from 'zod'
import type { Erased, PersonRecord } from '../../storage/person-records.ts'
import type { Acquaintance } from '../../storage/trust-memory.ts'
import { address } from './key-calls.ts'
import { by, reason } from './list-calls.ts'

const reference = z
  .string()
  .regex(/^[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}$/, 'a reference such as K7Q2-81ZX-4M3P')

/** What an administrator asks of the trust memory, and what a person may ask about himself; part of gateway.sock. */
export const trustCalls = {
  'trust-show': z.strictObject({ address }),
  'trust-names': z.strictObject({}),
  'trust-forget': z.strictObject({ address, by, reason }),
  'trust-heal': z.strictObject({ reference, by, reason }),
  'gdpr-export': z.strictObject({ address }),
  'gdpr-erase': z.strictObject({ address, by, reason }),
} satisfies Record<string, z.ZodType>

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface TrustAnswers {
  readonly 'trust-show': Acquaintance
  /** Correspondents whose names are kept, latest first; `kept`: whether the settings want any. */
  readonly 'trust-names': {
    readonly kept: boolean
    readonly names: readonly { readonly address: string; readonly lastAt: Date }[]
  }
  readonly 'trust-forget': { readonly forgotten: number }
  readonly 'trust-heal': { readonly openUntil: Date }
  readonly 'gdpr-export': PersonRecord
  /** `reference` stands in the record of who did what, which names no address. */
  readonly 'gdpr-erase': Erased & { readonly reference: string }
}
