import type { Database } from './database.ts'
import type { ObservedTime } from './observed-time.ts'

const name = 'running'

/** Several nodes share one row: each goes on from what it found there, and the highest counts. */
export function observedTimeInDatabase(database: Database): ObservedTime {
  const read = () =>
    database.read(async (tables) => {
      const row = await tables
        .selectFrom('observed_time')
        .select('milliseconds')
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.milliseconds ?? 0
    })
  return {
    read,
    async raiseTo(milliseconds) {
      const row = { name, milliseconds: Math.floor(milliseconds) }
      await database.write((tables) =>
        tables
          .insertInto('observed_time')
          .values(row)
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({ milliseconds: row.milliseconds })
              .where('observed_time.milliseconds', '<', row.milliseconds),
          )
          .execute(),
      )
      return read()
    },
  }
}
