import { setImmediate as turn } from 'node:timers/promises'
import type { Weights } from '../trust/weights.ts'
import { decayed, validMs } from './count-kind.ts'
import type { CountRow } from './count-rows.ts'
import type { Database } from './database.ts'

const dayMs = 86_400_000
/** SQLite blocks every session of the process meanwhile: a thousand rows take a few milliseconds. */
const pageRows = 1000

/** Deletes what counts for nothing any more; see TrustMemory. */
export async function pruneTrust(
  database: Database,
  now: Date,
  weights: Weights,
  noContactSince: Date,
  namesSince: Date,
): Promise<number> {
  const time = now.getTime()
  const isOver = (row: CountRow) => {
    const valid = validMs(row.kind, weights)
    if (row.last_at < noContactSince.getTime()) return true
    if (valid !== undefined) return row.last_at < time - valid
    return decayed(row, time, weights) < weights.relation.forgottenBelow
  }
  let deleted = 0
  for (let last = ''; ; ) {
    const from = last
    const rows = await database.read((tables) =>
      tables
        .selectFrom('relations')
        .selectAll()
        .where('subject', '>', from)
        .orderBy('subject')
        .limit(pageRows)
        .execute(),
    )
    const over = rows.filter(isOver)
    if (over.length > 0) deleted += await deleteUnchanged(database, over)
    const next = rows.at(-1)?.subject
    if (next === undefined) break
    last = next
    await turn()
  }
  await database.write((tables) =>
    tables
      .updateTable('relations')
      .set({ name: null })
      .where('name', 'is not', null)
      .where('kind', 'in', ['pair', 'address'])
      .where('first_at', '<', namesSince.getTime())
      .execute(),
  )
  const tokensBefore = time - weights.reply.validDays * dayMs
  const { numDeletedRows: tokens } = await database.write((tables) =>
    tables.deleteFrom('reply_tokens').where('sent_at', '<', tokensBefore).executeTakeFirstOrThrow(),
  )
  const refusalsBefore = time - weights.trust.refusalsKept * dayMs
  const { numDeletedRows: refusals } = await database.write((tables) =>
    tables
      .deleteFrom('refusals')
      .where('at', '<', refusalsBefore)
      // A window that somebody opened late is good for its time.
      .where((where) => where.or([where('open_until', 'is', null), where('open_until', '<', time)]))
      .executeTakeFirstOrThrow(),
  )
  return deleted + Number(tokens) + Number(refusals)
}

/** A mail that comes between reading and deleting makes a row worth keeping again. */
async function deleteUnchanged(database: Database, rows: readonly CountRow[]): Promise<number> {
  const latest = Math.max(...rows.map(({ last_at }) => last_at))
  const { numDeletedRows } = await database.write((tables) =>
    tables
      .deleteFrom('relations')
      .where(
        'subject',
        'in',
        rows.map(({ subject }) => subject),
      )
      .where('last_at', '<=', latest)
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}
