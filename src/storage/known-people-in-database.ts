import { createHmac, createSecretKey } from 'node:crypto'
import type { Database } from './database.ts'
import type { KnownPeople, SeenPerson } from './known-people.ts'
import { storedAddress } from './trust-subjects.ts'

/** Of one name; of frequent ones nobody is told by more. */
const maxNamesakes = 100
/** A name that was seen today need not be written again. */
const maxRemembered = 10_000
const dayMs = 86_400_000

/** `key`: 32 bytes, for this purpose only. */
export function knownPeopleInDatabase(database: Database, key: Uint8Array): KnownPeople {
  const secret = createSecretKey(key)
  const hash = (...parts: readonly string[]) =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex').slice(0, 32)
  const hashesOf = (address: string) => {
    const { address: stored, organisation, isFreemail } = storedAddress(address)
    return {
      address: hash('address', stored),
      organisation: isFreemail ? '' : hash('organisation', organisation),
    }
  }
  const written = new Set<string>()
  return {
    async learn(people, at) {
      const day = Math.floor(at.getTime() / dayMs)
      const nameOf = ({ person, address }: SeenPerson) => JSON.stringify([day, person, address])
      const news = people.filter((each) => !written.has(nameOf(each)))
      const rows = new Map(
        news.map((seen) => {
          const row = {
            person: hash('person', seen.person),
            ...hashesOf(seen.address),
            own: seen.own ? 1 : 0,
            seen_at: at.getTime(),
          }
          return [`${row.person} ${row.address}`, row]
        }),
      )
      if (rows.size === 0) return
      await database.write((tables) =>
        tables
          .insertInto('known_people')
          // One order for all writers.
          .values([...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row))
          .onConflict((conflict) =>
            conflict.columns(['person', 'address']).doUpdateSet(({ ref }) => ({
              own: ref('excluded.own'),
              seen_at: ref('excluded.seen_at'),
            })),
          )
          .execute(),
      )
      if (written.size > maxRemembered) written.clear()
      for (const each of news) written.add(nameOf(each))
    },
    async namesakes(person, address) {
      const rows = await database.read((tables) =>
        tables
          .selectFrom('known_people')
          .select(['address', 'organisation', 'own'])
          .where('person', '=', hash('person', person))
          .orderBy('own', 'desc')
          .orderBy('seen_at', 'desc')
          .limit(maxNamesakes)
          .execute(),
      )
      const asked = hashesOf(address)
      const isHimself = rows.some(
        (row) =>
          row.address === asked.address ||
          (asked.organisation !== '' && row.organisation === asked.organisation),
      )
      if (isHimself) return { own: false, partner: false }
      return { own: rows.some(({ own }) => own === 1), partner: rows.some(({ own }) => own === 0) }
    },
    async forget(address) {
      written.clear()
      const { numDeletedRows } = await database.write((tables) =>
        tables
          .deleteFrom('known_people')
          .where('address', '=', hashesOf(address).address)
          .executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
    async prune(notSeenSince) {
      const { numDeletedRows } = await database.write((tables) =>
        tables
          .deleteFrom('known_people')
          .where('seen_at', '<', notSeenSince.getTime())
          .executeTakeFirstOrThrow(),
      )
      return Number(numDeletedRows)
    },
  }
}
