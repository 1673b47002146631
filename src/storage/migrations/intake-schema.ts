import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Certificates and keys that were sent to the intake address. */
export async function intakeSchema(transaction: Kysely<Tables>): Promise<void> {
  const { schema } = transaction
  await schema
    .createTable('intakes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('settled_at', 'bigint')
    .addColumn('entry', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('intakes_author').on('intakes').column('author').execute()
}
