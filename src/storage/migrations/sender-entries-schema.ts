import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Entries of block and allow list that were made by command. */
export async function senderEntriesSchema({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('sender_entries')
    .addColumn('list', 'text', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('added_at', 'bigint', (column) => column.notNull())
    .addColumn('entry', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('sender_entries_key', ['list', 'sender'])
    .execute()
}
