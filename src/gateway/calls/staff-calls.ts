import { z } from 'zod'
import type { FetchedPiece } from './hold-calls.ts'
import { holdId, offset } from './hold-calls.ts'

const recipient = z.string().min(3).max(320).includes('@')

/**
 * What pages for our staff may ask about originals: each question names the recipient who signed in, and is answered
 * from his originals only.
 */
export const staffCalls = {
  'originals-list': z.strictObject({ recipient }),
  'original-fetch': z.strictObject({ recipient, id: holdId, offset }),
} satisfies Record<string, z.ZodType>

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface StaffAnswers {
  readonly 'originals-list': readonly StaffOriginal[]
  readonly 'original-fetch': FetchedPiece
}

/** An original as its recipient may see it: no other recipients, who may have been blind copies. */
export interface StaffOriginal {
  readonly id: string
  readonly state: 'held' | 'locked' | 'released' | 'deleted'
  readonly fileName: string
  readonly bytes: number
  readonly author: string
  readonly messageId: string
  readonly receivedAt: Date
  /** When the hold ends at the earliest. */
  readonly releaseAt: Date
  /** Until when it can be fetched; null while or when it cannot. */
  readonly fetchableUntil: Date | null
}
