import type { Database } from './database.ts'
import type { DecisionRecord, Decisions } from './decisions.ts'

export function decisionsInDatabase(database: Database): Decisions {
  return {
    async add(record) {
      const row = { id: record.id, at: record.at.getTime(), record: JSON.stringify(record) }
      await database.write((tables) =>
        tables
          .insertInto('decisions')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      )
    },
    async find(id) {
      const row = await database.read((tables) =>
        tables.selectFrom('decisions').select('record').where('id', '=', id).executeTakeFirst(),
      )
      return row && readRecord(row.record)
    },
    async latest(limit) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('decisions')
          .select('record')
          .orderBy('at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      )
      return rows.map(({ record }) => readRecord(record))
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('decisions').where('at', '<', before.getTime()).executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}

/** JSON leaves out what is undefined; a reader should not see the difference. */
function readRecord(text: string): DecisionRecord {
  const stored = JSON.parse(text) as Omit<DecisionRecord, 'at'> & { at: string }
  const absent = { queueId: undefined, clientAddress: undefined, author: undefined, trust: undefined }
  return { ...absent, ...stored, at: new Date(stored.at) }
}
