import type { Kysely, Selectable } from 'kysely'
import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import { joinedKey } from './joined-key.ts'
import type { KeyStore, StoredKey } from './key-store.ts'
import type { Seal } from './seal.ts'
import type { Tables } from './tables.ts'

const purpose = 'private-key'

export function keyStoreInDatabase(database: Database, seal: Seal): KeyStore {
  const keysWhere = async (which: 'all' | 'own') => {
    const rows = await database.read((tables) => {
      const all = tables.selectFrom('keys').selectAll().orderBy('added_at').orderBy('fingerprint')
      return (which === 'own' ? all.where('sealed_key', 'is not', null) : all).execute()
    })
    return rows.map(readRow)
  }
  /** One key changed by what is known of it; several nodes may do so at the same time. */
  const changeKey = (fingerprint: string, change: (key: StoredKey) => StoredKey | undefined) =>
    database.transact(async (transaction) => {
      const stored = await locked(transaction, fingerprint)
      const changed = stored && change(readRow(stored))
      if (changed) await write(transaction, changed)
      return changed !== undefined
    })
  return {
    async add(key, privateKey) {
      const { fingerprint } = key
      const sealed = privateKey && seal.seal(purpose, fingerprint, Buffer.from(privateKey))
      await database.transact(async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('keys')
          .values({ fingerprint, ...columnsOf(key), sealed_key: null })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        const isNew = numInsertedOrUpdatedRows === 1n
        const stored = isNew ? undefined : await locked(transaction, fingerprint)
        await write(transaction, stored ? joinedKey(readRow(stored), key) : key)
        if (sealed)
          await transaction
            .updateTable('keys')
            .set({ sealed_key: sealed })
            .where('fingerprint', '=', fingerprint)
            .execute()
      })
    },
    async find(address) {
      const name = addressKey(address)
      const domain = name.slice(name.lastIndexOf('@'))
      const rows = await database.read((tables) =>
        tables
          .selectFrom('keys')
          .selectAll()
          .where('fingerprint', 'in', (names) =>
            names.selectFrom('key_names').select('fingerprint').where('name', 'in', [name, domain]),
          )
          .orderBy('not_before', 'desc')
          .orderBy('fingerprint')
          .execute(),
      )
      return rows.map(readRow)
    },
    async byFingerprint(fingerprint) {
      const row = await database.read((tables) =>
        tables.selectFrom('keys').selectAll().where('fingerprint', '=', fingerprint).executeTakeFirst(),
      )
      return row && readRow(row)
    },
    ownKeys: () => keysWhere('own'),
    async privateKeyOf(fingerprint) {
      return database.read(async (tables) => {
        const row = await tables
          .selectFrom('keys')
          .select('sealed_key')
          .where('fingerprint', '=', fingerprint)
          .executeTakeFirst()
        if (!row?.sealed_key) return undefined
        return new TextDecoder().decode(seal.unseal(purpose, fingerprint, row.sealed_key))
      })
    },
    list: () => keysWhere('all'),
    async remove(fingerprint) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('keys').where('fingerprint', '=', fingerprint).executeTakeFirstOrThrow(),
      )
      return numDeletedRows > 0n
    },
    async change(fingerprint, from, to) {
      const { numUpdatedRows } = await database.write((tables) =>
        tables
          .updateTable('keys')
          .set({ state: to })
          .where('fingerprint', '=', fingerprint)
          .where('state', '=', from)
          .executeTakeFirstOrThrow(),
      )
      return numUpdatedRows > 0n
    },
    pin: (fingerprint, pinned) => changeKey(fingerprint, (key) => ({ ...key, pinned })),
    serveDomain: (fingerprint, domain) =>
      changeKey(fingerprint, (key) => ({ ...key, domains: [...new Set([...key.domains, domain])] })),
    serveNoDomain: (fingerprint) => changeKey(fingerprint, (key) => ({ ...key, domains: [] })),
    announce: (fingerprint, capabilities) => changeKey(fingerprint, (key) => ({ ...key, capabilities })),
  }
}

type Row = Selectable<Tables['keys']>

/** The row, which nobody else changes before the transaction ends. */
async function locked(transaction: Kysely<Tables>, fingerprint: string): Promise<Row | undefined> {
  return transaction
    .updateTable('keys')
    .set((column) => ({ fingerprint: column.ref('fingerprint') }))
    .where('fingerprint', '=', fingerprint)
    .returningAll()
    .executeTakeFirst()
}

async function write(transaction: Kysely<Tables>, key: StoredKey): Promise<void> {
  const { fingerprint } = key
  await transaction.updateTable('keys').set(columnsOf(key)).where('fingerprint', '=', fingerprint).execute()
  await transaction.deleteFrom('key_names').where('fingerprint', '=', fingerprint).execute()
  const names = [...key.addresses, ...key.domains.map((domain) => `@${domain}`)].map(addressKey)
  if (names.length === 0) return
  const rows = [...new Set(names)].map((name) => ({ name, fingerprint }))
  await transaction.insertInto('key_names').values(rows).execute()
}

const columnsOf = (key: StoredKey) => ({
  kind: key.kind,
  addresses: JSON.stringify(key.addresses),
  domains: JSON.stringify(key.domains),
  material: key.material,
  chain: JSON.stringify(key.chain),
  not_before: key.notBefore.getTime(),
  not_after: key.notAfter?.getTime() ?? null,
  trust: key.trust,
  source: key.source,
  state: key.state,
  pinned: key.pinned ? 1 : 0,
  capabilities: JSON.stringify(key.capabilities),
  added_at: key.addedAt.getTime(),
})

const readRow = (row: Row): StoredKey => ({
  kind: row.kind,
  fingerprint: row.fingerprint,
  addresses: JSON.parse(row.addresses) as string[],
  domains: JSON.parse(row.domains) as string[],
  material: row.material,
  chain: JSON.parse(row.chain) as string[],
  notBefore: new Date(row.not_before),
  notAfter: row.not_after === null ? undefined : new Date(row.not_after),
  hasPrivateKey: row.sealed_key !== null,
  trust: row.trust,
  source: row.source,
  state: row.state,
  pinned: row.pinned === 1,
  capabilities: JSON.parse(row.capabilities) as string[],
  addedAt: new Date(row.added_at),
})
