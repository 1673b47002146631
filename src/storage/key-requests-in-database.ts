import type { Database } from './database.ts'
import type { KeyRequests } from './key-requests.ts'
import type { Seal } from './seal.ts'

const purpose = 'requested-key'

export function keyRequestsInDatabase(database: Database, seal: Seal): KeyRequests {
  return {
    async add({ publicKey, address, request, createdAt }, privateKey) {
      const sealed_key = seal.seal(purpose, publicKey, Buffer.from(privateKey))
      const row = { public_key: publicKey, address, request, created_at: createdAt.getTime(), sealed_key }
      await database.write((tables) => tables.insertInto('key_requests').values(row).execute())
    },
    async list() {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('key_requests')
          .select(['public_key', 'address', 'request', 'created_at'])
          .orderBy('created_at')
          .orderBy('public_key')
          .execute(),
      )
      return rows.map((row) => ({
        publicKey: row.public_key,
        address: row.address,
        request: row.request,
        createdAt: new Date(row.created_at),
      }))
    },
    async privateKeyOf(publicKey) {
      const row = await database.read((tables) =>
        tables
          .selectFrom('key_requests')
          .select('sealed_key')
          .where('public_key', '=', publicKey)
          .executeTakeFirst(),
      )
      return row && new TextDecoder().decode(seal.unseal(purpose, publicKey, row.sealed_key))
    },
    async remove(publicKey) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('key_requests').where('public_key', '=', publicKey).executeTakeFirstOrThrow(),
      )
      return numDeletedRows > 0n
    },
  }
}
