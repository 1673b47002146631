import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { Intake, Intakes } from './intakes.ts'
import type { Tables } from './tables.ts'

/** What stands in columns of its own; the rest, which is text of strangers, is JSON. */
type Columns = 'id' | 'author' | 'state' | 'receivedAt' | 'settledAt'

export function intakesInDatabase(database: Database): Intakes {
  const list = (author?: string) =>
    database.read(async (tables) => {
      const all = tables.selectFrom('intakes').selectAll().orderBy('received_at').orderBy('id')
      const rows = await (author === undefined ? all : all.where('author', '=', author)).execute()
      return rows.map(readRow)
    })
  return {
    async add(intake) {
      const { numInsertedOrUpdatedRows } = await database.write((tables) =>
        tables
          .insertInto('intakes')
          .values(rowOf(intake))
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow(),
      )
      return numInsertedOrUpdatedRows === 1n
    },
    async find(id) {
      const row = await database.read((tables) =>
        tables.selectFrom('intakes').selectAll().where('id', '=', id).executeTakeFirst(),
      )
      return row && readRow(row)
    },
    ofAuthor: (author) => list(author),
    list: () => list(),
    async change(id, from, change) {
      return database.transact(async (tables) => {
        const row = await tables
          .selectFrom('intakes')
          .selectAll()
          .where('id', '=', id)
          .where('state', '=', from)
          .executeTakeFirst()
        if (!row) return false
        const { numUpdatedRows } = await tables
          .updateTable('intakes')
          .set(rowOf({ ...readRow(row), ...change }))
          .where('id', '=', id)
          // Another node may have changed it meanwhile.
          .where('state', '=', from)
          .where('entry', '=', row.entry)
          .executeTakeFirstOrThrow()
        return numUpdatedRows === 1n
      })
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('intakes').where('settled_at', '<', before.getTime()).executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}

function rowOf({ id, author, state, receivedAt, settledAt, ...rest }: Intake): Tables['intakes'] {
  return {
    id,
    author,
    state,
    received_at: receivedAt.getTime(),
    settled_at: settledAt?.getTime() ?? null,
    entry: JSON.stringify(rest),
  }
}

function readRow({
  id,
  author,
  state,
  received_at,
  settled_at,
  entry,
}: Selectable<Tables['intakes']>): Intake {
  const { proof, ...rest } = JSON.parse(entry) as Omit<Intake, Columns>
  return {
    ...rest,
    ...{ id, author, state, messageId: rest.messageId, vouchedBy: rest.vouchedBy },
    proof: proof && { ...proof, until: new Date(proof.until) },
    receivedAt: new Date(received_at),
    settledAt: settled_at === null ? undefined : new Date(settled_at),
  }
}
