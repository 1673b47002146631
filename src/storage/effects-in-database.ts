import type { Database } from './database.ts'
import type { Effects } from './effects.ts'

export function effectsInDatabase(database: Database): Effects {
  return {
    async first(key, at) {
      const { numInsertedOrUpdatedRows } = await database.write((tables) =>
        tables
          .insertInto('effects')
          .values({ key, at: at.getTime() })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow(),
      )
      return numInsertedOrUpdatedRows === 1n
    },
    async done(key) {
      const found = await database.read((tables) =>
        tables.selectFrom('effects').select('key').where('key', '=', key).executeTakeFirst(),
      )
      return found !== undefined
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('effects').where('at', '<', before.getTime()).executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}
