import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** Counts of everything that the trust memory knows, our own Message-IDs, and refusals that can be healed. */
export async function trustSchema(transaction: Kysely<Tables>): Promise<void> {
  const { schema } = transaction
  for (const column of ['outside', 'inside', 'name'] as const)
    await schema.alterTable('relations').addColumn(column, 'text').execute()
  // Only rows that have one: most changes then touch no index but the first. Who is erased is looked for without one.
  await sql`create index relations_outside on relations (outside) where outside is not null`.execute(
    transaction,
  )
  await sql`create index relations_name on relations (kind, last_at) where name is not null`.execute(
    transaction,
  )
  // Until now a weight stood as of 2026 and by fixed half-lives; from now on as of the last mail.
  await sql`update relations set weight = weight / power(cast(2 as double precision),
    (last_at - 1767225600000) / case when kind = 'domain' then 7776000000.0 else 15552000000.0 end)
    where last_at between 1451606400000 and 2082758400000`.execute(transaction)
  // Of the hashes half is enough.
  await sql`update relations set subject = substr(subject, 1, 32)`.execute(transaction)
  await schema
    .createTable('reply_tokens')
    .addColumn('token', 'text', (column) => column.notNull())
    .addColumn('peer', 'text', (column) => column.notNull())
    .addColumn('organisation', 'text', (column) => column.notNull())
    .addColumn('sent_at', 'bigint', (column) => column.notNull())
    .addColumn('earns', 'integer', (column) => column.notNull())
    .addColumn('uses', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('reply_tokens_key', ['token', 'peer'])
    .execute()
  await schema.createIndex('reply_tokens_sent_at').on('reply_tokens').column('sent_at').execute()
  await schema
    .createTable('refusals')
    .addColumn('reference', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('ident', 'text', (column) => column.notNull())
    .addColumn('network', 'text')
    .addColumn('open_until', 'bigint')
    .execute()
  await schema.createIndex('refusals_author').on('refusals').column('author').execute()
  await schema.createIndex('refusals_at').on('refusals').column('at').execute()
}
