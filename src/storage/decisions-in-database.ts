import type { Database } from './database.ts'
import type { DecisionRecord, Decisions } from './decisions.ts'

const pageRows = 200

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
    async *refused(from, to) {
      let [at, id] = [from.getTime(), '']
      for (;;) {
        const rows = await database.read((tables) =>
          tables
            .selectFrom('decisions')
            .selectAll()
            .where((where) => where.or([where('at', '>', at), where.and({ at }).and('id', '>', id)]))
            .where('at', '<', to.getTime())
            // What others wrote stands in JSON strings, in which no quotation mark is bare.
            .where('record', 'like', '%"answer":"5%')
            .orderBy('at')
            .orderBy('id')
            .limit(pageRows)
            .execute(),
        )
        for (const row of rows) yield readRecord(row.record)
        const last = rows.at(-1)
        if (!last || rows.length < pageRows) return
        ;[at, id] = [last.at, last.id]
      }
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
export function readRecord(text: string): DecisionRecord {
  const stored = JSON.parse(text) as Omit<DecisionRecord, 'at'> & { at: string }
  const absent = { queueId: undefined, clientAddress: undefined, author: undefined, trust: undefined }
  return { ...absent, ...stored, at: new Date(stored.at) }
}
