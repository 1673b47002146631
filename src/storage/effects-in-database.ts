import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import type { Effects } from './effects.ts'
import type { Tables } from './tables.ts'

/** Takes the key within a change; true for the first with it. */
export async function isFirst(tables: Kysely<Tables>, key: string, at: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tables
    .insertInto('effects')
    .values({ key, at: at.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export function effectsInDatabase(database: Database): Effects {
  return {
    first: (key, at) => database.write((tables) => isFirst(tables, key, at)),
    async done(key) {
      const found = await database.read((tables) =>
        tables.selectFrom('effects').select('key').where('key', '=', key).executeTakeFirst(),
      )
      return found !== undefined
    },
    async at(key) {
      const found = await database.read((tables) =>
        tables.selectFrom('effects').select('at').where('key', '=', key).executeTakeFirst(),
      )
      return found && new Date(Number(found.at))
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('effects').where('at', '<', before.getTime()).executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}
