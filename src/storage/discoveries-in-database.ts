import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import type { Discoveries } from './discoveries.ts'

export function discoveriesInDatabase(database: Database): Discoveries {
  return {
    async of(address) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('discoveries')
          .selectAll()
          .where('address', '=', addressKey(address))
          .orderBy('source')
          .execute(),
      )
      return rows.map(({ source, outcome, asked_at }) => ({ source, outcome, askedAt: new Date(asked_at) }))
    },
    async remember(address, discoveries) {
      const rows = discoveries.map(({ source, outcome, askedAt }) => ({
        address: addressKey(address),
        source,
        outcome,
        asked_at: askedAt.getTime(),
      }))
      if (rows.length === 0) return
      await database.write((tables) =>
        tables
          .insertInto('discoveries')
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(['address', 'source']).doUpdateSet(({ ref }) => ({
              outcome: ref('excluded.outcome'),
              asked_at: ref('excluded.asked_at'),
            })),
          )
          .execute(),
      )
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('discoveries').where('asked_at', '<', before.getTime()).executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}
