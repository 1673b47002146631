import type { Selectable } from 'kysely'
import type { Database } from './database.ts'
import type { IssuedCertificate, OwnAuthorities } from './own-authorities.ts'
import type { Seal } from './seal.ts'
import type { Tables } from './tables.ts'

const purpose = 'authority-key'

export function ownAuthoritiesInDatabase(database: Database, seal: Seal): OwnAuthorities {
  return {
    async add({ fingerprint, name, certificate, createdAt }, privateKey) {
      const row = { fingerprint, name, certificate, created_at: createdAt.getTime() }
      const sealed_key = seal.seal(purpose, fingerprint, Buffer.from(privateKey))
      await database.write((tables) =>
        tables
          .insertInto('authorities')
          .values({ ...row, sealed_key })
          .execute(),
      )
    },
    async list() {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('authorities')
          .select(['fingerprint', 'name', 'certificate', 'created_at'])
          .orderBy('created_at')
          .orderBy('fingerprint')
          .execute(),
      )
      return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: new Date(created_at) }))
    },
    async privateKeyOf(fingerprint) {
      const row = await database.read((tables) =>
        tables
          .selectFrom('authorities')
          .select('sealed_key')
          .where('fingerprint', '=', fingerprint)
          .executeTakeFirst(),
      )
      return row && new TextDecoder().decode(seal.unseal(purpose, fingerprint, row.sealed_key))
    },
    async addIssued({ fingerprint, authority, serial, address, notAfter, issuedAt, revokedAt }) {
      await database.write((tables) =>
        tables
          .insertInto('issued_certificates')
          .values({
            ...{ fingerprint, authority, serial, address, not_after: notAfter.getTime() },
            ...{ issued_at: issuedAt.getTime(), revoked_at: revokedAt?.getTime() ?? null },
          })
          .execute(),
      )
    },
    async findIssued(fingerprint) {
      const row = await database.read((tables) =>
        tables
          .selectFrom('issued_certificates')
          .selectAll()
          .where('fingerprint', '=', fingerprint)
          .executeTakeFirst(),
      )
      return row && readRow(row)
    },
    async issuedBy(authority) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('issued_certificates')
          .selectAll()
          .where('authority', '=', authority)
          .orderBy('issued_at')
          .orderBy('fingerprint')
          .execute(),
      )
      return rows.map(readRow)
    },
    async revoke(fingerprint, at) {
      const { numUpdatedRows } = await database.write((tables) =>
        tables
          .updateTable('issued_certificates')
          .set({ revoked_at: at.getTime() })
          .where('fingerprint', '=', fingerprint)
          .where('revoked_at', 'is', null)
          .executeTakeFirstOrThrow(),
      )
      return numUpdatedRows > 0n
    },
  }
}

const readRow = (row: Selectable<Tables['issued_certificates']>): IssuedCertificate => ({
  fingerprint: row.fingerprint,
  authority: row.authority,
  serial: row.serial,
  address: row.address,
  notAfter: new Date(row.not_after),
  issuedAt: new Date(row.issued_at),
  revokedAt: row.revoked_at === null ? undefined : new Date(row.revoked_at),
})
