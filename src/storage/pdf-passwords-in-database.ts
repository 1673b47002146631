import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import type { PdfPasswords } from './pdf-passwords.ts'
import type { Seal } from './seal.ts'

/** ISO 32000-2, 7.6.4.3.4: the U string of revision 6 has 48 bytes; the wrapping key behind it has 32. */
const uBytes = 48
const wrapKeyBytes = 32
const purpose = 'pdf-password'

export function pdfPasswordsInDatabase(database: Database, seal: Seal): PdfPasswords {
  return {
    async set(recipient, { u, wrapKey }, at) {
      if (u.length !== uBytes || wrapKey.length !== wrapKeyBytes)
        throw new RangeError('Not a derived PDF password')
      const address = addressKey(recipient)
      const row = { sealed: seal.seal(purpose, address, Buffer.concat([u, wrapKey])), set_at: at.getTime() }
      await database.write((tables) =>
        tables
          .insertInto('pdf_passwords')
          .values({ recipient: address, ...row })
          .onConflict((conflict) => conflict.column('recipient').doUpdateSet(row))
          .execute(),
      )
    },
    async find(recipient) {
      const address = addressKey(recipient)
      return database.read(async (tables) => {
        const row = await tables
          .selectFrom('pdf_passwords')
          .select('sealed')
          .where('recipient', '=', address)
          .executeTakeFirst()
        if (!row) return undefined
        const derived = seal.unseal(purpose, address, row.sealed)
        return { u: derived.subarray(0, uBytes), wrapKey: derived.subarray(uBytes) }
      })
    },
    async remove(recipient) {
      const { numDeletedRows } = await database.write((tables) =>
        tables
          .deleteFrom('pdf_passwords')
          .where('recipient', '=', addressKey(recipient))
          .executeTakeFirstOrThrow(),
      )
      return numDeletedRows > 0n
    },
    async list() {
      const rows = await database.read((tables) =>
        tables.selectFrom('pdf_passwords').select(['recipient', 'set_at']).orderBy('recipient').execute(),
      )
      return rows.map((row) => ({ recipient: row.recipient, setAt: new Date(row.set_at) }))
    },
  }
}
