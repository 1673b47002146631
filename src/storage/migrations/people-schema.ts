import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Names that our own mail showed, as hashes. */
export async function peopleSchema({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('known_people')
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('organisation', 'text', (column) => column.notNull())
    .addColumn('own', 'integer', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('known_people_key', ['person', 'address'])
    .execute()
  await schema.createIndex('known_people_address').on('known_people').column('address').execute()
  await schema.createIndex('known_people_seen_at').on('known_people').column('seen_at').execute()
}
