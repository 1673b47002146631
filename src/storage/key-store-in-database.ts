import type { Selectable } from 'kysely'
import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import type { KeyStore, StoredCertificate } from './key-store.ts'
import type { Seal } from './seal.ts'
import type { Tables } from './tables.ts'

const purpose = 'private-key'

export function keyStoreInDatabase(database: Database, seal: Seal): KeyStore {
  return {
    async add(certificate, privateKey) {
      const { fingerprint } = certificate
      const values = {
        addresses: JSON.stringify(certificate.addresses),
        pem: certificate.pem,
        chain: JSON.stringify(certificate.chain),
        not_before: certificate.notBefore.getTime(),
        not_after: certificate.notAfter.getTime(),
        provenance: certificate.provenance,
        added_at: certificate.addedAt.getTime(),
        // Left out, a stored key stays: a certificate seen in somebody's mail must not cost us the key we sign with.
        ...(privateKey && { sealed_key: seal.seal(purpose, fingerprint, Buffer.from(privateKey)) }),
      }
      const addresses = [...new Set(certificate.addresses.map(addressKey))]
      await database.transact(async (transaction) => {
        await transaction
          .insertInto('certificates')
          .values({ fingerprint, ...values })
          .onConflict((conflict) => conflict.column('fingerprint').doUpdateSet(values))
          .execute()
        await transaction.deleteFrom('certificate_addresses').where('fingerprint', '=', fingerprint).execute()
        if (addresses.length > 0) {
          const rows = addresses.map((address) => ({ address, fingerprint }))
          await transaction.insertInto('certificate_addresses').values(rows).execute()
        }
      })
    },
    async certificatesOf(address) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('certificates')
          .selectAll('certificates')
          .innerJoin('certificate_addresses as named', 'named.fingerprint', 'certificates.fingerprint')
          .where('named.address', '=', addressKey(address))
          .orderBy('certificates.not_after', 'desc')
          .orderBy('certificates.fingerprint')
          .execute(),
      )
      return rows.map(readRow)
    },
    async privateKeyOf(fingerprint) {
      return database.read(async (tables) => {
        const row = await tables
          .selectFrom('certificates')
          .select('sealed_key')
          .where('fingerprint', '=', fingerprint)
          .executeTakeFirst()
        if (!row?.sealed_key) return undefined
        return new TextDecoder().decode(seal.unseal(purpose, fingerprint, row.sealed_key))
      })
    },
    async list() {
      const rows = await database.read((tables) =>
        tables.selectFrom('certificates').selectAll().orderBy('added_at').orderBy('fingerprint').execute(),
      )
      return rows.map(readRow)
    },
    async remove(fingerprint) {
      const { numDeletedRows } = await database.write((tables) =>
        tables.deleteFrom('certificates').where('fingerprint', '=', fingerprint).executeTakeFirstOrThrow(),
      )
      return numDeletedRows > 0n
    },
  }
}

const readRow = (row: Selectable<Tables['certificates']>): StoredCertificate => ({
  fingerprint: row.fingerprint,
  addresses: JSON.parse(row.addresses) as string[],
  pem: row.pem,
  chain: JSON.parse(row.chain) as string[],
  notBefore: new Date(row.not_before),
  notAfter: new Date(row.not_after),
  hasPrivateKey: row.sealed_key !== null,
  provenance: row.provenance,
  addedAt: new Date(row.added_at),
})
