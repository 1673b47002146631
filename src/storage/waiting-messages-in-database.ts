import type { Selectable } from 'kysely'
import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'
import type { WaitingMessage, WaitingMessages } from './waiting-messages.ts'

export function waitingMessagesInDatabase(database: Database): WaitingMessages {
  return {
    async add({ recipient, queueId, sender, since }) {
      const row = { recipient: addressKey(recipient), queue_id: queueId, sender, since: since.getTime() }
      await database.write((tables) =>
        tables
          .insertInto('waiting_messages')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      )
    },
    async of(recipient) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('waiting_messages')
          .selectAll()
          .where('recipient', '=', addressKey(recipient))
          .orderBy('since')
          .execute(),
      )
      return rows.map(readRow)
    },
    async list() {
      const rows = await database.read((tables) =>
        tables.selectFrom('waiting_messages').selectAll().orderBy('since').execute(),
      )
      return rows.map(readRow)
    },
    async remove(recipient, queueId) {
      await database.write((tables) =>
        tables
          .deleteFrom('waiting_messages')
          .where('recipient', '=', addressKey(recipient))
          .where('queue_id', '=', queueId)
          .execute(),
      )
    },
    async forget(before) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('waiting_messages').where('since', '<', before.getTime()).executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}

const readRow = (row: Selectable<Tables['waiting_messages']>): WaitingMessage => ({
  recipient: row.recipient,
  queueId: row.queue_id,
  sender: row.sender,
  since: new Date(row.since),
})
