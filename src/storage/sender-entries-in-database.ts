import type { Selectable } from 'kysely'
import type { AppendAudit } from './audit-in-database.ts'
import type { Database } from './database.ts'
import type { SenderEntries, SenderEntry } from './sender-entries.ts'
import type { Tables } from './tables.ts'

export function senderEntriesInDatabase(database: Database, append: AppendAudit): SenderEntries {
  return {
    async put({ list, sender, addedAt, ...rest }) {
      const row = { list, sender, added_at: addedAt.getTime(), entry: JSON.stringify(rest) }
      await database.transact(async (transaction) => {
        await transaction
          .insertInto('sender_entries')
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(['list', 'sender']).doUpdateSet(({ ref }) => ({
              added_at: ref('excluded.added_at'),
              entry: ref('excluded.entry'),
            })),
          )
          .execute()
        await append(transaction, `${list}-added`, sender, { at: addedAt, who: rest.by, reason: rest.reason })
      })
    },
    remove: (list, sender, act) =>
      database.transact(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('sender_entries')
          .where('list', '=', list)
          .where('sender', '=', sender)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) return false
        await append(transaction, `${list}-removed`, sender, act)
        return true
      }),
    async all() {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('sender_entries')
          .selectAll()
          .orderBy('added_at')
          .orderBy('list')
          .orderBy('sender')
          .execute(),
      )
      return rows.map(readRow)
    },
  }
}

function readRow({ list, sender, added_at, entry }: Selectable<Tables['sender_entries']>): SenderEntry {
  return { list, sender, addedAt: new Date(added_at), ...JSON.parse(entry) } as SenderEntry
}
