import type { Kysely } from 'kysely'
import type { Weights } from '../trust/weights.ts'
import { addCounts } from './count-rows.ts'
import type { Tables } from './tables.ts'
import type { TrustSubjects } from './trust-subjects.ts'

const dayMs = 86_400_000

/** Who was refused, in keyed hashes. */
export interface Refused {
  readonly reference: string
  readonly at: number
  readonly author: string
  readonly ident: string
  readonly network: string | undefined
}

export async function addRefusal(tables: Kysely<Tables>, refused: Refused): Promise<void> {
  await tables
    .insertInto('refusals')
    .values({ ...refused, network: refused.network ?? null, open_until: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * Whether a heal window that is open fits this mail: the same identity where it is proven, else the same network. So
 * nobody who only writes the name of a refused author profits from our mail to that author.
 */
export async function fitsOpenWindow(
  tables: Kysely<Tables>,
  who: {
    readonly author: string
    readonly ident: string
    readonly network: string | undefined
    readonly factor: number
  },
  now: number,
): Promise<boolean> {
  const { author, ident, network, factor } = who
  const isProven = factor >= provenFrom
  if (!isProven && network === undefined) return false
  // Of somebody in whose name thousands were refused no more than one row is read.
  const window = await tables
    .selectFrom('refusals')
    .select('reference')
    .where('author', '=', author)
    .where('open_until', '>=', now)
    .where(isProven ? 'ident' : 'network', '=', isProven ? ident : (network ?? ''))
    .limit(1)
    .executeTakeFirst()
  return window !== undefined
}

/** Below this factor it is not an identity that comes back but a network. */
export const provenFrom = 0.5

/** Our own mail to an author opens the window of what was refused of him lately. */
export async function healByMail(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  to: string,
  at: number,
  weights: Weights,
): Promise<void> {
  const windowMs = weights.trust.healWindow * dayMs
  const { numUpdatedRows } = await tables
    .updateTable('refusals')
    .set({ open_until: at + windowMs })
    .where('author', '=', subjects.person(to))
    .where('at', '>=', at - windowMs)
    .where('at', '<=', at)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) await markHealing(tables, subjects.person(to), at, subjects, weights)
}

/** Somebody here opens the window by the reference; undefined if that refusal is not kept. */
export async function healByReference(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  reference: string,
  now: number,
  weights: Weights,
): Promise<number | undefined> {
  const openUntil = now + weights.trust.healWindow * dayMs
  const row = await tables
    .updateTable('refusals')
    .set({ open_until: openUntil })
    .where('reference', '=', reference)
    .where('at', '>=', now - weights.trust.refusalsKept * dayMs)
    .returning('author')
    .executeTakeFirst()
  if (!row) return undefined
  await markHealing(tables, row.author, now, subjects, weights)
  return openUntil
}

/** So that refusals are looked up only for authors that have an open window. */
async function markHealing(
  tables: Kysely<Tables>,
  author: string,
  at: number,
  subjects: TrustSubjects,
  weights: Weights,
): Promise<void> {
  const mark = { subject: subjects.count('healing', author), kind: 'healing', weight: 1, at } as const
  await addCounts(tables, [mark], weights)
}
