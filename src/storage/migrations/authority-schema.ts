import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Our own certification authorities, what they issued, and requests to those of others. */
export async function authoritySchema(transaction: Kysely<Tables>): Promise<void> {
  const { schema } = transaction
  await schema
    .createTable('authorities')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('certificate', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('sealed_key', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('issued_certificates')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('authority', 'text', (column) => column.notNull().references('authorities.fingerprint'))
    .addColumn('serial', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('issued_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute()
  await schema
    .createIndex('issued_certificates_authority')
    .on('issued_certificates')
    .column('authority')
    .execute()
  await schema
    .createTable('key_requests')
    .addColumn('public_key', 'text', (column) => column.primaryKey())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('request', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('sealed_key', 'text', (column) => column.notNull())
    .execute()
}
