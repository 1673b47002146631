import { type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { HeldClaim, HeldOriginal, HeldOriginals } from './held-originals.ts'
import type { Tables } from './tables.ts'

export function heldOriginalsInDatabase(database: Database): HeldOriginals {
  /** A change that only the holder of the latest claim may make. */
  const change = async (claim: HeldClaim, values: Partial<Tables['held_originals']>) => {
    const { numUpdatedRows } = await database.write((tables) =>
      tables
        .updateTable('held_originals')
        .set(values)
        .where('id', '=', claim.original.id)
        .where('worker', '=', claim.worker)
        .where('epoch', '=', claim.epoch)
        .where('state', '=', 'held')
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows === 1n
  }
  return {
    async add(original) {
      const { numInsertedOrUpdatedRows } = await database.write((tables) =>
        tables
          .insertInto('held_originals')
          .values(newRow(original))
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow(),
      )
      return numInsertedOrUpdatedRows === 1n
    },
    async find(id) {
      const row = await database.read((tables) =>
        tables.selectFrom('held_originals').selectAll().where('id', '=', id).executeTakeFirst(),
      )
      return row && readRow(row)
    },
    async list() {
      const rows = await database.read((tables) =>
        tables.selectFrom('held_originals').selectAll().orderBy('release_at').orderBy('id').execute(),
      )
      return rows.map(readRow)
    },
    async nextDue() {
      const row = await database.read((tables) =>
        tables
          .selectFrom('held_originals')
          .selectAll()
          .where('state', '=', 'held')
          .where('worker', 'is', null)
          .orderBy('release_at')
          .orderBy('id')
          .limit(1)
          .executeTakeFirst(),
      )
      return row && readRow(row)
    },
    async claimDue(worker, now, observed, leaseUntil) {
      const row = await database.write((tables) =>
        tables
          .updateTable('held_originals')
          .set((column) => ({ worker, lease_until: leaseUntil.getTime(), epoch: column('epoch', '+', 1) }))
          .where('id', '=', (subquery) =>
            subquery
              .selectFrom('held_originals as due')
              .select('due.id')
              .where('due.state', '=', 'held')
              .where('due.release_at', '<=', now.getTime())
              .where('due.release_observed', '<=', observed)
              .where((lease) =>
                lease.or([
                  lease('due.lease_until', '<=', now.getTime()),
                  // Twice as far away as any claim reaches: given while a clock ran ahead, and it would never end.
                  lease('due.lease_until', '>', 2 * leaseUntil.getTime() - now.getTime()),
                ]),
              )
              .orderBy('due.release_at')
              .orderBy('due.id')
              .limit(1)
              // SQLite has one writer and needs no such words; it would not understand them.
              .$if(database.kind === 'postgres', (query) => query.forUpdate().skipLocked()),
          )
          .returningAll()
          .executeTakeFirst(),
      )
      return row && { original: readRow(row), worker, epoch: row.epoch }
    },
    renew: (claim, leaseUntil) => change(claim, { lease_until: leaseUntil.getTime() }),
    settle: (claim, state, note, at) =>
      change(claim, { state, note: plainText(note), settled_at: at.getTime(), ...unclaimed }),
    postpone: (claim, releaseAt, note) =>
      change(claim, { release_at: releaseAt.getTime(), note: plainText(note), ...unclaimed }),
    async hasten(id, now, note) {
      const { numUpdatedRows } = await database.write((tables) =>
        tables
          .updateTable('held_originals')
          .set({
            release_at: now.getTime(),
            release_observed: 0,
            note: sql`note || ${`; ${plainText(note)}`}`,
          })
          .where('id', '=', id)
          .where('state', '=', 'held')
          .executeTakeFirstOrThrow(),
      )
      return numUpdatedRows === 1n
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables
          .deleteFrom('held_originals')
          .where('state', '=', 'released')
          .where('settled_at', '<', before.getTime())
          .executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}

const unclaimed = { worker: null, lease_until: 0 }

/** PostgreSQL refuses NUL in text, and names of viruses and errors come from outside. */
const plainText = (text: string) => text.replaceAll('\0', '')

/** What never changes goes into `original` as JSON; what is searched and changed has columns. */
function newRow(held: HeldOriginal): Tables['held_originals'] {
  const { id, state, note, releaseAt, releaseObserved, ...original } = held
  return {
    id,
    original: JSON.stringify(original),
    state,
    note: plainText(note),
    release_at: releaseAt.getTime(),
    release_observed: Math.ceil(releaseObserved),
    epoch: 0,
    settled_at: null,
    ...unclaimed,
  }
}

type Stored = Omit<
  HeldOriginal,
  'id' | 'state' | 'note' | 'releaseAt' | 'releaseObserved' | 'heldAt' | 'firstScan'
> & {
  readonly heldAt: string
  readonly firstScan: { readonly at: string; readonly signatures: string }
}

function readRow(row: Selectable<Tables['held_originals']>): HeldOriginal {
  const { heldAt, firstScan, ...stored } = JSON.parse(row.original) as Stored
  return {
    ...stored,
    author: stored.author,
    id: row.id,
    heldAt: new Date(heldAt),
    firstScan: { ...firstScan, at: new Date(firstScan.at) },
    releaseAt: new Date(row.release_at),
    releaseObserved: row.release_observed,
    state: row.state,
    note: row.note,
  }
}
