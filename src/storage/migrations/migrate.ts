import { type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Tables } from '../tables.ts'
import { authoritySchema } from './authority-schema.ts'
import { custodySchema } from './custody-schema.ts'
import { discoverySchema } from './discovery-schema.ts'
import { firstSchema } from './first-schema.ts'
import { intakeSchema } from './intake-schema.ts'
import { keysSchema } from './keys-schema.ts'
import { peopleSchema } from './people-schema.ts'
import { senderEntriesSchema } from './sender-entries-schema.ts'
import { trustSchema } from './trust-schema.ts'

/** In order; the version of a schema is how many of them it has seen. What was released is never changed. */
const migrations: readonly ((transaction: Kysely<Tables>) => Promise<void>)[] = [
  firstSchema,
  custodySchema,
  keysSchema,
  discoverySchema,
  authoritySchema,
  intakeSchema,
  trustSchema,
  senderEntriesSchema,
  peopleSchema,
]

/** Any number that nobody else uses as advisory lock in this database. */
const migrationLock = 7_602_131_001

/** Brings the schema up to date. Several processes may start at once; a schema from a newer program is refused. */
export async function migrate(database: Database): Promise<void> {
  const found = await database.transact(async (transaction) => {
    // SQLite has one writer, and our transactions begin as such; PostgreSQL needs to be told.
    if (database.kind === 'postgres')
      await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(transaction)
    const version = await schemaVersion(transaction)
    for (const step of migrations.slice(version)) await step(transaction)
    if (version < migrations.length) {
      await sql`update schema_version set version = ${sql.lit(migrations.length)}`.execute(transaction)
    }
    return version
  })
  if (found > migrations.length) {
    throw new Error(
      `The database has schema version ${found}, this program knows ${migrations.length}: ` +
        'start the newer program, or restore the backup made before the upgrade',
    )
  }
}

async function schemaVersion(transaction: Kysely<Tables>): Promise<number> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(transaction)
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(transaction)
  if (rows[0]) return rows[0].version
  await sql`insert into schema_version values (0)`.execute(transaction)
  return 0
}
