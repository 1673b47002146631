import type { Audit } from './audit.ts'
import { appendAuditWith, auditInDatabase } from './audit-in-database.ts'
import type { Blobs } from './blobs.ts'
import { openBlobsInFolder } from './blobs-in-folder.ts'
import type { Database } from './database.ts'
import type { Decisions } from './decisions.ts'
import { decisionsInDatabase } from './decisions-in-database.ts'
import type { Discoveries } from './discoveries.ts'
import { discoveriesInDatabase } from './discoveries-in-database.ts'
import type { Effects } from './effects.ts'
import { effectsInDatabase } from './effects-in-database.ts'
import type { HeldOriginals } from './held-originals.ts'
import { heldOriginalsInDatabase } from './held-originals-in-database.ts'
import type { Intakes } from './intakes.ts'
import { intakesInDatabase } from './intakes-in-database.ts'
import type { KeyRequests } from './key-requests.ts'
import { keyRequestsInDatabase } from './key-requests-in-database.ts'
import type { KeyStore } from './key-store.ts'
import { keyStoreInDatabase } from './key-store-in-database.ts'
import type { KnownPeople } from './known-people.ts'
import { knownPeopleInDatabase } from './known-people-in-database.ts'
import { subkey } from './master-key.ts'
import { migrate } from './migrations/migrate.ts'
import type { ObservedTime } from './observed-time.ts'
import { observedTimeInDatabase } from './observed-time-in-database.ts'
import type { OwnAuthorities } from './own-authorities.ts'
import { ownAuthoritiesInDatabase } from './own-authorities-in-database.ts'
import type { PdfPasswords } from './pdf-passwords.ts'
import { pdfPasswordsInDatabase } from './pdf-passwords-in-database.ts'
import type { PersonRecords } from './person-records.ts'
import { personRecordsInDatabase } from './person-records-in-database.ts'
import { openPostgres } from './postgres.ts'
import { createSeal } from './seal.ts'
import type { SenderEntries } from './sender-entries.ts'
import { senderEntriesInDatabase } from './sender-entries-in-database.ts'
import { openSqlite } from './sqlite.ts'
import type { TrustMemory } from './trust-memory.ts'
import { trustMemoryInDatabase } from './trust-memory-in-database.ts'
import type { WaitingMessages } from './waiting-messages.ts'
import { waitingMessagesInDatabase } from './waiting-messages-in-database.ts'

export interface StorageSettings {
  readonly database:
    | { readonly kind: 'sqlite'; readonly file: string }
    | { readonly kind: 'postgres'; readonly url: string }
  /** Folder of the sealed files; created if it is missing. */
  readonly blobs: string
  /** 32 bytes, see readMasterKey. */
  readonly masterKey: Uint8Array
}

/** Everything the gateway remembers. Each method fails with a TemporaryFailure when the storage does. */
export interface Storage extends AsyncDisposable {
  readonly trustMemory: TrustMemory
  readonly knownPeople: KnownPeople
  readonly decisions: Decisions
  readonly pdfPasswords: PdfPasswords
  readonly waitingMessages: WaitingMessages
  readonly heldOriginals: HeldOriginals
  readonly audit: Audit
  readonly observedTime: ObservedTime
  readonly effects: Effects
  readonly keyStore: KeyStore
  readonly discoveries: Discoveries
  readonly ownAuthorities: OwnAuthorities
  readonly keyRequests: KeyRequests
  readonly intakes: Intakes
  readonly senderEntries: SenderEntries
  readonly personRecords: PersonRecords
  readonly blobs: Blobs
}

/** Opens the storage and brings its schema up to date; refuses one that belongs to another key or a newer program. */
export async function openStorage({ database: where, blobs, masterKey }: StorageSettings): Promise<Storage> {
  const database = where.kind === 'sqlite' ? openSqlite(where.file) : openPostgres(where.url)
  try {
    await migrate(database)
    await checkKey(database, masterKey)
    const auditKey = subkey(masterKey, 'audit')
    const seal = createSeal(subkey(masterKey, 'records'))
    const stores = {
      trustMemory: trustMemoryInDatabase(database, subkey(masterKey, 'addresses'), seal),
      knownPeople: knownPeopleInDatabase(database, subkey(masterKey, 'people')),
      decisions: decisionsInDatabase(database),
      pdfPasswords: pdfPasswordsInDatabase(database, seal),
      waitingMessages: waitingMessagesInDatabase(database),
      heldOriginals: heldOriginalsInDatabase(database, appendAuditWith(database.kind, auditKey)),
      audit: auditInDatabase(database, auditKey),
      observedTime: observedTimeInDatabase(database),
      effects: effectsInDatabase(database),
      keyStore: keyStoreInDatabase(database, seal),
      discoveries: discoveriesInDatabase(database),
      ownAuthorities: ownAuthoritiesInDatabase(database, seal),
      keyRequests: keyRequestsInDatabase(database, seal),
      intakes: intakesInDatabase(database),
      senderEntries: senderEntriesInDatabase(database, appendAuditWith(database.kind, auditKey)),
    }
    return {
      ...stores,
      personRecords: personRecordsInDatabase(database, stores),
      blobs: await openBlobsInFolder(blobs, subkey(masterKey, 'blobs')),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}

/** With a wrong key nothing could be unsealed and, unnoticed, nobody would be known any more: say so at start. */
async function checkKey(database: Database, masterKey: Uint8Array): Promise<void> {
  const value = Buffer.from(subkey(masterKey, 'check')).toString('hex')
  const stored = await database.transact(async (tables) => {
    await tables
      .insertInto('settings')
      .values({ name: 'key-check', value })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return tables
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'key-check')
      .executeTakeFirstOrThrow()
  })
  if (stored.value !== value)
    throw new Error('The database was written with another master key than the one given')
}
