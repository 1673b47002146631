import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What the sources of keys of people outside said, so that they are not asked for every mail. */
export async function discoverySchema(transaction: Kysely<Tables>): Promise<void> {
  const { schema } = transaction
  await schema
    .createTable('discoveries')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('asked_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('discoveries_key', ['address', 'source'])
    .execute()
  await schema.createIndex('discoveries_asked_at').on('discoveries').column('asked_at').execute()
}
