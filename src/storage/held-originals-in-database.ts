import type { Kysely, Selectable } from 'kysely'
import type { Act, AuditedAct } from './audit.ts'
import type { AppendAudit } from './audit-in-database.ts'
import type { Database } from './database.ts'
import type { EarlyRelease, HeldClaim, HeldOriginal, HeldOriginals } from './held-originals.ts'
import type { Tables } from './tables.ts'

type Row = Selectable<Tables['held_originals']>
type Changes = Partial<Tables['held_originals']>

export function heldOriginalsInDatabase(database: Database, appendAudit: AppendAudit): HeldOriginals {
  /** A change that only the holder of the latest claim may make. */
  const changeClaimed = async (tables: Kysely<Tables>, claim: HeldClaim, values: Changes) => {
    const { numUpdatedRows } = await tables
      .updateTable('held_originals')
      .set(values)
      .where('id', '=', claim.original.id)
      .where('worker', '=', claim.worker)
      .where('epoch', '=', claim.epoch)
      .where('state', '=', 'held')
      .executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }
  /** A change by `act` that is recorded with it; `values` gives undefined where the row does not allow it. */
  const changeBy = (id: string, what: AuditedAct, act: Act, values: (row: Row) => Changes | undefined) =>
    database.transact(async (transaction) => {
      const row = await transaction
        .selectFrom('held_originals')
        .selectAll()
        .where('id', '=', id)
        // SQLite has one writer and needs no such words; it would not understand them.
        .$if(database.kind === 'postgres', (query) => query.forUpdate())
        .executeTakeFirst()
      const changes = row && values(row)
      if (!changes) return false
      await transaction.updateTable('held_originals').set(changes).where('id', '=', id).execute()
      await appendAudit(transaction, what, id, act)
      return true
    })
  return {
    async add(original) {
      return database.transact(async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('held_originals')
          .values(newRow(original))
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows !== 1n) return false
        const { id, heldAt, releaseAt } = original
        await appendAudit(transaction, 'held', id, byGateway(heldAt, `until ${releaseAt.toISOString()}`))
        return true
      })
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
    scanned: (claim, secondScan, leaseUntil) =>
      database.write((tables) =>
        changeClaimed(tables, claim, {
          second_scan: JSON.stringify(secondScan),
          lease_until: leaseUntil.getTime(),
        }),
      ),
    settle: (claim, { state, note, at, keptUntil, keptObserved }) =>
      database.transact(async (transaction) => {
        const settled = await changeClaimed(transaction, claim, {
          state,
          note: plainText(note),
          settled_at: at.getTime(),
          kept_until: keptUntil?.getTime() ?? null,
          kept_observed: Math.ceil(keptObserved ?? 0),
          ...unclaimed,
        })
        if (settled) await appendAudit(transaction, state, claim.original.id, byGateway(at, note))
        return settled
      }),
    postpone: (claim, releaseAt, note) =>
      database.write((tables) =>
        changeClaimed(tables, claim, {
          release_at: releaseAt.getTime(),
          note: plainText(note),
          ...unclaimed,
        }),
      ),
    askEarlyRelease: (id, act) =>
      changeBy(id, 'early-release-asked', act, ({ state, early_release }) =>
        state === 'held' && early_release === null
          ? { early_release: JSON.stringify({ ...act, granted: false } satisfies EarlyRelease) }
          : undefined,
      ),
    hasten: (id, act, asked) =>
      changeBy(id, 'early-release', act, ({ state, early_release }) =>
        state === 'held' && (asked === undefined || early_release === JSON.stringify(asked))
          ? {
              release_at: act.at.getTime(),
              release_observed: 0,
              early_release: JSON.stringify({ ...act, granted: true } satisfies EarlyRelease),
            }
          : undefined,
      ),
    extend: (id, until, untilObserved, act) =>
      changeBy(id, 'extended', act, ({ state, worker, lease_until, release_at, release_observed }) =>
        state === 'held' &&
        (worker === null || lease_until <= act.at.getTime()) &&
        release_at < until.getTime()
          ? {
              release_at: until.getTime(),
              release_observed: Math.max(release_observed, Math.ceil(untilObserved)),
              early_release: null,
              ...unclaimed,
            }
          : undefined,
      ),
    delete: (id, act) =>
      changeBy(id, 'deleted', act, ({ state }) =>
        state === 'released' || state === 'locked'
          ? { state: 'deleted', settled_at: act.at.getTime(), kept_until: null }
          : undefined,
      ),
    async expire(now, observed) {
      return database.transact(async (transaction) => {
        const over = await transaction
          .updateTable('held_originals')
          .set({ kept_until: null })
          .where('state', '=', 'released')
          .where('kept_until', '<=', now.getTime())
          .where('kept_observed', '<=', observed)
          .returningAll()
          .execute()
        for (const { id } of over) await appendAudit(transaction, 'expired', id, byGateway(now, ''))
        return over.map((row) => readRow(row).blob)
      })
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables
          .deleteFrom('held_originals')
          .where('state', 'in', ['released', 'deleted'])
          .where('settled_at', '<', before.getTime())
          .where('kept_until', 'is', null)
          .executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}

const byGateway = (at: Date, reason: string): Act => ({ at, who: 'gateway', reason })

const unclaimed = { worker: null, lease_until: 0 }

/** PostgreSQL refuses NUL in text, and names of viruses and errors come from outside. */
const plainText = (text: string) => text.replaceAll('\0', '')

/** What never changes goes into `original` as JSON; what is searched and changed has columns. */
function newRow(held: HeldOriginal): Tables['held_originals'] {
  const {
    id,
    state,
    note,
    releaseAt,
    releaseObserved,
    secondScan,
    earlyRelease,
    settledAt,
    keptUntil,
    ...original
  } = held
  return {
    id,
    original: JSON.stringify(original),
    state,
    note: plainText(note),
    release_at: releaseAt.getTime(),
    release_observed: Math.ceil(releaseObserved),
    epoch: 0,
    settled_at: settledAt?.getTime() ?? null,
    second_scan: secondScan ? JSON.stringify(secondScan) : null,
    early_release: earlyRelease ? JSON.stringify(earlyRelease) : null,
    kept_until: keptUntil?.getTime() ?? null,
    kept_observed: 0,
    ...unclaimed,
  }
}

/** A value as JSON keeps it: dates are text, what is undefined is left out. */
type Stored<Value> = {
  readonly [Key in keyof Value]: Value[Key] extends Date
    ? string
    : Value[Key] extends Date | undefined
      ? string | undefined
      : Value[Key]
}
type StoredOriginal = Omit<
  Stored<HeldOriginal>,
  | 'id'
  | 'state'
  | 'note'
  | 'releaseAt'
  | 'releaseObserved'
  | 'firstScan'
  | 'secondScan'
  | 'earlyRelease'
  | 'settledAt'
  | 'keptUntil'
> & { readonly firstScan: Stored<HeldOriginal['firstScan']> }

function readRow(row: Row): HeldOriginal {
  const { heldAt, firstScan, ...stored } = JSON.parse(row.original) as StoredOriginal
  const secondScan = parsed<Stored<NonNullable<HeldOriginal['secondScan']>>>(row.second_scan)
  const earlyRelease = parsed<Stored<EarlyRelease>>(row.early_release)
  return {
    ...stored,
    author: stored.author,
    sha256: stored.sha256,
    id: row.id,
    heldAt: new Date(heldAt),
    firstScan: readScan(firstScan),
    secondScan: secondScan && { ...readScan(secondScan), found: secondScan.found },
    releaseAt: new Date(row.release_at),
    releaseObserved: row.release_observed,
    earlyRelease: earlyRelease && { ...earlyRelease, at: new Date(earlyRelease.at) },
    state: row.state,
    settledAt: dateOf(row.settled_at),
    keptUntil: dateOf(row.kept_until),
    note: row.note,
  }
}

function readScan({ at, signatures, signaturesBuiltAt }: Stored<HeldOriginal['firstScan']>) {
  return {
    at: new Date(at),
    signatures,
    signaturesBuiltAt: signaturesBuiltAt === undefined ? undefined : new Date(signaturesBuiltAt),
  }
}

const dateOf = (milliseconds: number | null) => (milliseconds === null ? undefined : new Date(milliseconds))

const parsed = <Value>(json: string | null) => (json === null ? undefined : (JSON.parse(json) as Value))
