import { createHmac, createSecretKey } from 'node:crypto'
import { sql } from 'kysely'
import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import type { Relations } from './relations.ts'

const day = 24 * 60 * 60 * 1000

/** After this time without mail, what we know of somebody counts half. */
const halfLifeMs = { pair: 180 * day, address: 180 * day, domain: 90 * day }
type Kind = keyof typeof halfLifeMs

/**
 * The count decays as n(t) = n0 * 0.5^((t - t0) / half-life). With one t0 for all, a mail is added by adding its
 * weight at t0, in any order, and only readers calculate. A double reaches 1000 half-lives, that is 246 years.
 */
const referenceTime = Date.UTC(2026, 0, 1)
const growth = (kind: Kind, at: number) =>
  2 ** Math.max(-1000, Math.min(1000, (at - referenceTime) / halfLifeMs[kind]))

/** `key` makes the hashes useless to whoever finds the table without it. */
export function relationsInDatabase(database: Database, key: Uint8Array): Relations {
  const secret = createSecretKey(key)
  const subject = (kind: Kind, ...names: string[]) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([kind, ...names]))
      .digest('hex')
  const subjects = (outsideAddress: string, ourAddress: string) => {
    const [outside, ours] = [addressKey(outsideAddress), addressKey(ourAddress)]
    return {
      pair: subject('pair', ours, outside),
      address: subject('address', outside),
      domain: subject('domain', outside.slice(outside.lastIndexOf('@') + 1)),
    }
  }
  return {
    async learn({ from, to, at }, effect) {
      const time = at.getTime()
      // One order for all writers, from the narrowest: two mails at once cannot wait for each other in a circle.
      const rows = (Object.entries(subjects(to, from)) as [Kind, string][]).map(([kind, name]) => ({
        subject: name,
        kind,
        weight: growth(kind, time),
        mails: 1,
        first_at: time,
        last_at: time,
      }))
      await database.transact(async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('effects')
          .values({ key: `learn ${effect}`, at: time })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows === 0n) return
        for (const row of rows) {
          await transaction
            .insertInto('relations')
            .values(row)
            .onConflict((conflict) =>
              conflict.column('subject').doUpdateSet({
                weight: sql`relations.weight + excluded.weight`,
                mails: sql`relations.mails + excluded.mails`,
                // Neither database has the other's function for the smaller of two values.
                first_at: sql`case when excluded.first_at < relations.first_at then excluded.first_at else relations.first_at end`,
                last_at: sql`case when excluded.last_at > relations.last_at then excluded.last_at else relations.last_at end`,
              }),
            )
            .execute()
        }
      })
    },
    async find(author, recipient, now) {
      const names = subjects(author, recipient)
      const rows = await database.read((tables) =>
        tables.selectFrom('relations').selectAll().where('subject', 'in', Object.values(names)).execute(),
      )
      const count = (kind: Kind) => {
        const row = rows.find(({ subject }) => subject === names[kind])
        // A mail that was learned while the clock ran ahead must not count more than once now.
        return row ? Math.min(row.mails, row.weight / growth(kind, now.getTime())) : 0
      }
      const known = rows.find((row) => row.subject === names.address)
      return {
        pair: count('pair'),
        address: count('address'),
        domain: count('domain'),
        firstAt: known?.first_at,
        lastAt: known?.last_at,
      }
    },
  }
}
