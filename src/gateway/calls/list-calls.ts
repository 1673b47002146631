import { z } from 'zod'
import { AllowEntry, BlockEntry } from '../../policy/policy.ts'

/** As it was stated: gateway.sock proves root, not which person. */
export const by = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{C}+$/u, 'a name')
const list = z.enum(['block', 'allow'])
export const reason = z
  .string()
  .trim()
  .min(3)
  .max(200)
  .regex(/^\P{C}+$/u, 'a reason in one line')

/** What an administrator does with the block and allow list beside the policy files; part of gateway.sock. */
export const listCalls = {
  'block-add': BlockEntry.extend({ by, reason }),
  'allow-add': AllowEntry.extend({ by, reason }),
  'entry-list': z.strictObject({ list }),
  'entry-remove': z.strictObject({ list, sender: z.string().min(1).max(320), by, reason }),
} satisfies Record<string, z.ZodType>

/** An entry in force or over; without `addedAt` it stands in a policy file. */
export interface ShownEntry {
  readonly sender: string
  readonly reason: string
  readonly by?: string
  readonly until?: string
  readonly points?: number
  readonly requires?: 'authenticated' | 'dkim'
  readonly addedAt?: Date
}

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface ListAnswers {
  /** `sender` as it is compared. */
  readonly 'block-add': { readonly sender: string }
  readonly 'allow-add': { readonly sender: string }
  readonly 'entry-list': readonly ShownEntry[]
  readonly 'entry-remove': { readonly removed: boolean }
}
