import { createHmac } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { Act, Audit, AuditEntry, AuditedAct } from './audit.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** Row of `settings` with the number of the last entry; locking it puts those who append in a line. */
export const auditHead = 'audit-head'
const pageSize = 500

/** Adds an entry within a transaction that changes what the entry tells of. */
export type AppendAudit = (
  transaction: Kysely<Tables>,
  what: AuditedAct,
  subject: string,
  act: Act,
) => Promise<void>

/** `key`: 32 bytes, for this purpose only. */
export function appendAuditWith(kind: Database['kind'], key: Uint8Array): AppendAudit {
  return async (transaction, what, subject, { at, who, reason }) => {
    const { value } = await transaction
      .selectFrom('settings')
      .select('value')
      .where('name', '=', auditHead)
      // SQLite has one writer and needs no such words; it would not understand them.
      .$if(kind === 'postgres', (query) => query.forUpdate())
      .executeTakeFirstOrThrow()
    const last = Number(value)
    const previous = await transaction
      .selectFrom('audit_entries')
      .select('mac')
      .where('number', '=', last)
      .executeTakeFirst()
    const row = { number: last + 1, at: at.getTime(), subject, entry: JSON.stringify({ what, who, reason }) }
    const mac = macOf(key, row, previous?.mac)
    await transaction
      .insertInto('audit_entries')
      .values({ ...row, mac })
      .execute()
    await transaction
      .updateTable('settings')
      .set({ value: String(row.number) })
      .where('name', '=', auditHead)
      .execute()
  }
}

export function auditInDatabase(database: Database, key: Uint8Array): Audit {
  const append = appendAuditWith(database.kind, key)
  return {
    append: (what, subject, act) =>
      database.transact((transaction) => append(transaction, what, subject, act)),
    async of(subject) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('audit_entries')
          .selectAll()
          .where('subject', '=', subject)
          .orderBy('number')
          .execute(),
      )
      return rows.map(readRow)
    },
    async latest(limit) {
      const rows = await database.read((tables) =>
        tables.selectFrom('audit_entries').selectAll().orderBy('number', 'desc').limit(limit).execute(),
      )
      return rows.map(readRow)
    },
    async verify() {
      // Read before the entries, so that one that is added meanwhile is not taken for a forged one.
      const head = await database.read((tables) =>
        tables.selectFrom('settings').select('value').where('name', '=', auditHead).executeTakeFirst(),
      )
      const count = Number(head?.value)
      let previous: string | undefined
      for (let seen = 0; ; ) {
        const rows = await database.read((tables) =>
          tables
            .selectFrom('audit_entries')
            .selectAll()
            .where('number', '>', seen)
            .orderBy('number')
            .limit(pageSize)
            .execute(),
        )
        for (const row of rows) {
          if (row.number !== seen + 1 || row.mac !== macOf(key, row, previous))
            return { entries: count, brokenAt: seen + 1 }
          previous = row.mac
          seen = row.number
        }
        if (rows.length < pageSize)
          return seen < count || Number.isNaN(count)
            ? { entries: count, brokenAt: seen + 1 }
            : { entries: seen, brokenAt: undefined }
      }
    },
  }
}

type Row = Selectable<Tables['audit_entries']>

function macOf(key: Uint8Array, { number, at, subject, entry }: Omit<Row, 'mac'>, previous = ''): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([number, at, subject, entry, previous]))
    .digest('hex')
}

function readRow({ number, at, subject, entry, mac }: Row): AuditEntry {
  const stored = JSON.parse(entry) as Pick<AuditEntry, 'what' | 'who' | 'reason'>
  return { ...stored, number, at: new Date(at), subject, mac }
}
