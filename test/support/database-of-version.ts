import { type Kysely, sql } from 'kysely'
import { custodySchema } from '../../src/storage/migrations/custody-schema.ts'
import { firstSchema } from '../../src/storage/migrations/first-schema.ts'
import type { StorageSettings } from '../../src/storage/open-storage.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import type { Tables } from '../../src/storage/tables.ts'

const steps = [firstSchema, custodySchema]

/** Writes the database that an older release left behind, with the rows that `fill` puts into it. */
export async function writeDatabaseOfVersion(
  where: StorageSettings['database'],
  version: 1 | 2,
  fill: (transaction: Kysely<Tables>) => Promise<unknown> = async () => {},
): Promise<void> {
  await using database = where.kind === 'sqlite' ? openSqlite(where.file) : openPostgres(where.url)
  await database.transact(async (transaction) => {
    await sql`create table schema_version (version integer not null)`.execute(transaction)
    await sql`insert into schema_version values (${sql.lit(version)})`.execute(transaction)
    for (const step of steps.slice(0, version)) await step(transaction)
    await fill(transaction)
  })
}
