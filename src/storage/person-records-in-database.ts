import { setImmediate as turn } from 'node:timers/promises'
import { domainToUnicode } from 'node:url'
import { type AddressInText, addressInText } from './address-in-text.ts'
import { addressKey } from './address-key.ts'
import type { Database } from './database.ts'
import type { DecisionRecord } from './decisions.ts'
import { readRecord } from './decisions-in-database.ts'
import { type HeldOriginal, type HeldOriginals, isContentKept } from './held-originals.ts'
import type { Intakes } from './intakes.ts'
import type { KeyRequests } from './key-requests.ts'
import type { KeyStore } from './key-store.ts'
import type { PdfPasswords } from './pdf-passwords.ts'
import { type Elsewhere, mostDecisions, type PersonRecords } from './person-records.ts'
import type { SenderEntries } from './sender-entries.ts'
import type { WaitingMessages } from './waiting-messages.ts'

/** Records are read whole; SQLite blocks every session meanwhile. */
const pageRows = 200

/** Where else an address can stand. */
export interface StoresWithAddresses {
  readonly heldOriginals: Pick<HeldOriginals, 'list'>
  readonly pdfPasswords: Pick<PdfPasswords, 'list'>
  readonly waitingMessages: Pick<WaitingMessages, 'list'>
  readonly keyStore: Pick<KeyStore, 'list'>
  readonly keyRequests: Pick<KeyRequests, 'list'>
  readonly intakes: Pick<Intakes, 'list'>
  readonly senderEntries: Pick<SenderEntries, 'all'>
}

export function personRecordsInDatabase(database: Database, stores: StoresWithAddresses): PersonRecords {
  const heldOf = async (named: AddressInText) =>
    (await stores.heldOriginals.list()).filter(({ recipients, sender, author = '' }) =>
      [...recipients, sender, author].some((address) => named.isIn(address)),
    )
  return {
    async find(address) {
      const named = addressInText(formsOf(address))
      const decisions: DecisionRecord[] = []
      for await (const { record } of decisionsNaming(database, named)) {
        if (decisions.push(readRecord(record)) === mostDecisions) break
      }
      return { decisions, held: await heldOf(named), elsewhere: await elsewhere(address, stores) }
    },
    async erase(address) {
      const named = addressInText(formsOf(address))
      let decisions = 0
      for await (const { id, record } of decisionsNaming(database, named)) {
        const erased = named.erasedFrom(withoutContext(record))
        await database.write((tables) =>
          tables.updateTable('decisions').set({ record: erased }).where('id', '=', id).execute(),
        )
        decisions += 1
      }
      const held = await heldOf(named)
      const over = held.filter((original) => !isContentKept(original)).map(({ id }) => id)
      if (over.length > 0)
        await database.write((tables) =>
          tables
            .deleteFrom('held_originals')
            .where('id', 'in', over)
            .where('state', 'in', ['released', 'deleted'])
            .where('kept_until', 'is', null)
            .execute(),
        )
      // Who was looked for in which directory of keys is asked again when it matters.
      await database.write((tables) =>
        tables.deleteFrom('discoveries').where('address', 'in', formsOf(address)).execute(),
      )
      const kept = held.filter(isContentKept).map(heldFile)
      return { decisions, held: over.length, elsewhere: [...kept, ...(await elsewhere(address, stores))] }
    },
  }
}

const heldFile = ({ id, state }: HeldOriginal): Elsewhere => ({
  what: 'held-file',
  detail: `${id} (${state})`,
})

/** As it is stored, as it was asked for, and as a mail may have written its domain. */
function formsOf(address: string): string[] {
  const key = addressKey(address)
  const at = key.lastIndexOf('@') + 1
  return [key, address, `${key.slice(0, at)}${domainToUnicode(key.slice(at))}`]
}

/** What of a decision tells more than what was decided: evidence, subject, and the facts of the judgement. */
function withoutContext(text: string): string {
  const { judged: _judged, subject: _subject, trust, ...record } = JSON.parse(text) as DecisionRecord
  const signals = trust?.signals.map((signal) => ({ ...signal, evidence: '' }))
  return JSON.stringify({ ...record, ...(trust ? { trust: { ...trust, signals } } : {}) })
}

async function* decisionsNaming(database: Database, named: AddressInText) {
  for (let last: { readonly at: number; readonly id: string } | undefined; ; ) {
    const before = last
    const rows = await database.read((tables) =>
      tables
        .selectFrom('decisions')
        .selectAll()
        .$if(before !== undefined, (query) =>
          query.where((where) =>
            where.or([
              where('at', '<', before?.at ?? 0),
              where.and({ at: before?.at ?? 0 }).and('id', '<', before?.id ?? ''),
            ]),
          ),
        )
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(pageRows)
        .execute(),
    )
    for (const row of rows) if (named.isIn(row.record)) yield row
    last = rows.at(-1)
    if (last === undefined) return
    await turn()
  }
}

/** What serves a purpose of its own is told, not touched: each has a command that ends it. */
async function elsewhere(address: string, stores: StoresWithAddresses): Promise<Elsewhere[]> {
  const key = addressKey(address)
  const isMeant = (other: string) => addressKey(other) === key
  const [passwords, waiting, keys, requests, intakes, entries] = await Promise.all([
    stores.pdfPasswords.list(),
    stores.waitingMessages.list(),
    stores.keyStore.list(),
    stores.keyRequests.list(),
    stores.intakes.list(),
    stores.senderEntries.all(),
  ])
  return [
    ...passwords
      .filter(({ recipient }) => isMeant(recipient))
      .map(({ setAt }) => ({ what: 'pdf-password' as const, detail: `set ${setAt.toISOString()}` })),
    ...waiting
      .filter(({ recipient, sender }) => isMeant(recipient) || isMeant(sender))
      .map(({ queueId }) => ({ what: 'waiting-mail' as const, detail: `queue id ${queueId}` })),
    ...keys
      .filter(({ addresses }) => addresses.some(isMeant))
      .map(({ kind, fingerprint, state }) => ({
        what: 'key' as const,
        detail: `${kind} ${fingerprint} (${state})`,
      })),
    ...requests
      .filter((request) => isMeant(request.address))
      .map(({ createdAt }) => ({ what: 'key-request' as const, detail: `made ${createdAt.toISOString()}` })),
    ...intakes
      .filter(({ author, addresses }) => isMeant(author) || addresses.some(isMeant))
      .map(({ id, state }) => ({ what: 'intake' as const, detail: `${id} (${state})` })),
    ...entries
      .filter(({ sender }) => sender.includes('@') && isMeant(sender))
      .map(({ list, reason }) => ({ what: 'list-entry' as const, detail: `${list}: ${reason}` })),
  ]
}
