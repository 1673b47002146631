import type { Kysely } from 'kysely'
import { auditHead } from '../audit-in-database.ts'
import type { Tables } from '../tables.ts'

/** Version 2: what happens to a held original after it was held, and the record of who did what. */
export async function custodySchema(transaction: Kysely<Tables>): Promise<void> {
  const { schema } = transaction
  for (const column of ['second_scan', 'early_release'] as const)
    await schema.alterTable('held_originals').addColumn(column, 'text').execute()
  await schema.alterTable('held_originals').addColumn('kept_until', 'bigint').execute()
  await schema
    .alterTable('held_originals')
    .addColumn('kept_observed', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema
    .createTable('audit_entries')
    .addColumn('number', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('audit_entries_subject').on('audit_entries').column('subject').execute()
  await transaction.insertInto('settings').values({ name: auditHead, value: '0' }).execute()
}
