import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Version 3: certificates and OpenPGP keys in one table, with where they came from and how far they are trusted. */
export async function keysSchema(transaction: Kysely<Tables>): Promise<void> {
  const { schema } = transaction
  await schema
    .createTable('keys')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('addresses', 'text', (column) => column.notNull())
    .addColumn('domains', 'text', (column) => column.notNull())
    .addColumn('material', 'text', (column) => column.notNull())
    .addColumn('chain', 'text', (column) => column.notNull())
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint')
    .addColumn('trust', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('pinned', 'integer', (column) => column.notNull())
    .addColumn('capabilities', 'text', (column) => column.notNull())
    .addColumn('added_at', 'bigint', (column) => column.notNull())
    .addColumn('sealed_key', 'text')
    .execute()
  await schema
    .createTable('key_names')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) =>
      column.notNull().references('keys.fingerprint').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('key_names_key', ['name', 'fingerprint'])
    .execute()
  await schema.createIndex('key_names_fingerprint').on('key_names').column('fingerprint').execute()
  // Until now only an administrator could bring a certificate in; whatever else there should be has to prove itself.
  await sql`
    insert into keys (fingerprint, kind, addresses, domains, material, chain, not_before, not_after,
      trust, source, state, pinned, capabilities, added_at, sealed_key)
    select fingerprint, 'smime', addresses, '[]', pem, chain, not_before, not_after,
      case when provenance = 'administrator' then 'manual' else 'harvested' end,
      case when provenance = 'administrator' then 'import' else provenance end,
      'active', 0, '[]', added_at, sealed_key
    from certificates`.execute(transaction)
  await sql`insert into key_names (name, fingerprint) select address, fingerprint from certificate_addresses`.execute(
    transaction,
  )
  await schema.dropTable('certificate_addresses').execute()
  await schema.dropTable('certificates').execute()
}
