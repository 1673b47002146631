import { sql } from 'kysely'
import { custodySchema } from '../../src/storage/migrations/custody-schema.ts'
import { firstSchema } from '../../src/storage/migrations/first-schema.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'

const steps = [firstSchema, custodySchema]

/** Writes the empty database that an older release left behind. */
export async function writeDatabaseOfVersion(file: string, version: 1 | 2): Promise<void> {
  await using database = openSqlite(file)
  await database.transact(async (transaction) => {
    await sql`create table schema_version (version integer not null)`.execute(transaction)
    await sql`insert into schema_version values (${sql.lit(version)})`.execute(transaction)
    for (const step of steps.slice(0, version)) await step(transaction)
  })
}
