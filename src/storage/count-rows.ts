import { type Kysely, type Selectable, sql } from 'kysely'
import type { Weights } from '../trust/weights.ts'
import { type CountKind, halfLifeMs, validMs } from './count-kind.ts'
import type { Tables } from './tables.ts'

export type CountRow = Selectable<Tables['relations']>

/** Something to be counted once more. */
export interface Counted {
  readonly subject: string
  readonly kind: CountKind
  readonly weight: number
  readonly at: number
  readonly mails?: number
  readonly outside?: string
  readonly inside?: string
  readonly name?: string
}

/** SQLite takes 32,766 parameters for a statement, PostgreSQL 65,535. */
const mostAtOnce = 1000

/** The rows of these subjects; what is not there is missing. */
export async function countsOf(
  tables: Kysely<Tables>,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, CountRow>> {
  const found = new Map<string, CountRow>()
  for (let at = 0; at < subjects.length; at += mostAtOnce) {
    const rows = await tables
      .selectFrom('relations')
      .selectAll()
      .where('subject', 'in', subjects.slice(at, at + mostAtOnce))
      .execute()
    for (const row of rows) found.set(row.subject, row)
  }
  return found
}

/**
 * Adds to counts in one statement. A count stands as of its last time: what is older decays up to there, so mails may
 * come in any order, and half-lives may change. What must be seen again and again is counted anew after a gap.
 */
export async function addCounts(
  tables: Kysely<Tables>,
  counted: readonly Counted[],
  weights: Weights,
): Promise<void> {
  if (counted.length === 0) return
  const rows = counted
    // One order for all writers: two mails at once cannot wait for each other in a circle.
    .toSorted((a, b) => (a.subject < b.subject ? -1 : 1))
    .map(({ subject, kind, weight, at, mails = 1, outside, inside, name }) => ({
      ...{ subject, kind, weight, mails, first_at: at, last_at: at },
      ...{ outside: outside ?? null, inside: inside ?? null, name: name ?? null },
    }))
  const half = (kind: CountKind) => sql`cast(${halfLifeMs(kind, weights)} as double precision)`
  const halfLife = sql`(case excluded.kind when 'domain' then ${half('domain')} when 'accepted' then ${half('accepted')}
    when 'refused' then ${half('refused')} when 'pair' then ${half('pair')} when 'address' then ${half('address')}
    else ${half('signed')} end)`
  const halfLives = sql`(abs(excluded.last_at - relations.last_at) / ${halfLife})`
  // PostgreSQL takes a result that is too small for an error.
  const decay = sql`power(cast(0.5 as double precision), case when ${halfLives} > 1000 then 1000 else ${halfLives} end)`
  const lapsed = sql`(excluded.kind = 'answered-from'
    and excluded.last_at - relations.last_at > ${validMs('answered-from', weights) ?? 0})`
  await tables
    .insertInto('relations')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('subject').doUpdateSet({
        weight: sql`case when excluded.last_at >= relations.last_at
          then relations.weight * ${decay} + excluded.weight
          else relations.weight + excluded.weight * ${decay} end`,
        mails: sql`case when ${lapsed} then excluded.mails else relations.mails + excluded.mails end`,
        // Neither database has the other's function for the smaller of two values.
        first_at: sql`case when excluded.first_at < relations.first_at then excluded.first_at else relations.first_at end`,
        last_at: sql`case when excluded.last_at > relations.last_at then excluded.last_at else relations.last_at end`,
        outside: sql`coalesce(relations.outside, excluded.outside)`,
        inside: sql`coalesce(relations.inside, excluded.inside)`,
        name: sql`coalesce(relations.name, excluded.name)`,
      }),
    )
    .execute()
}
