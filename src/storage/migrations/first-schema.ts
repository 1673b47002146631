import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Version 1: everything that the first gateway remembers. */
export async function firstSchema({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('effects')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('effects_at').on('effects').column('at').execute()
  await schema
    .createTable('decisions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('decisions_at').on('decisions').column('at').execute()
  await schema
    .createTable('relations')
    .addColumn('subject', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('weight', 'double precision', (column) => column.notNull())
    .addColumn('mails', 'bigint', (column) => column.notNull())
    .addColumn('first_at', 'bigint', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('pdf_passwords')
    .addColumn('recipient', 'text', (column) => column.primaryKey())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('set_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('waiting_messages')
    .addColumn('recipient', 'text', (column) => column.notNull())
    .addColumn('queue_id', 'text', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('waiting_messages_key', ['recipient', 'queue_id'])
    .execute()
  await schema
    .createTable('certificates')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('addresses', 'text', (column) => column.notNull())
    .addColumn('pem', 'text', (column) => column.notNull())
    .addColumn('chain', 'text', (column) => column.notNull())
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('provenance', 'text', (column) => column.notNull())
    .addColumn('added_at', 'bigint', (column) => column.notNull())
    .addColumn('sealed_key', 'text')
    .execute()
  await schema
    .createTable('certificate_addresses')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) =>
      column.notNull().references('certificates.fingerprint').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('certificate_addresses_key', ['address', 'fingerprint'])
    .execute()
  await schema
    .createTable('held_originals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('original', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('note', 'text', (column) => column.notNull())
    .addColumn('release_at', 'bigint', (column) => column.notNull())
    .addColumn('release_observed', 'bigint', (column) => column.notNull())
    .addColumn('worker', 'text')
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('settled_at', 'bigint')
    .execute()
  await schema
    .createIndex('held_originals_due')
    .on('held_originals')
    .columns(['state', 'release_at'])
    .execute()
  await schema
    .createTable('observed_time')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('milliseconds', 'bigint', (column) => column.notNull())
    .execute()
}
