import type { AllowEntry, BlockEntry } from '../policy/policy.ts'
import type { Act } from './audit.ts'

/** An entry of the block or allow list that was made by command. `sender` as `readListed` writes it. */
export type SenderEntry = { readonly by: string; readonly addedAt: Date } & (
  | ({ readonly list: 'block' } & Readonly<Omit<BlockEntry, 'by'>>)
  | ({ readonly list: 'allow' } & Readonly<Omit<AllowEntry, 'by'>>)
)

/** The block and allow list beside those of the policy files. What changes them is recorded with them (`Audit`). */
export interface SenderEntries {
  /** Replaces what the same list says about the same sender. */
  put(entry: SenderEntry): Promise<void>
  /** false if the list has no such entry. */
  remove(list: SenderEntry['list'], sender: string, act: Act): Promise<boolean>
  /** Oldest first, also those whose last day has passed. */
  all(): Promise<readonly SenderEntry[]>
}
