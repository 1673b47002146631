import type { Storage } from '../../../src/storage/open-storage.ts'
import { auditContract } from './audit-contract.ts'
import { decisionsContract } from './decisions-contract.ts'
import { discoveriesContract } from './discoveries-contract.ts'
import { effectsContract } from './effects-contract.ts'
import { heldOriginalsContract } from './held-originals-contract.ts'
import { intakesContract } from './intakes-contract.ts'
import { keyStoreContract } from './key-store-contract.ts'
import { knownPeopleContract } from './known-people-contract.ts'
import { observedTimeContract } from './observed-time-contract.ts'
import { ownAuthoritiesContract } from './own-authorities-contract.ts'
import { pdfPasswordsContract } from './pdf-passwords-contract.ts'
import { personRecordsContract } from './person-records-contract.ts'
import { senderEntriesContract } from './sender-entries-contract.ts'
import { trustMemoryContract } from './trust-memory-contract.ts'
import { waitingMessagesContract } from './waiting-messages-contract.ts'

/** Opens an empty storage each time; whoever opens it closes it. */
export type OpenStorage = () => Promise<Storage>

/** What every database must do alike. */
export function storageContract(database: string, open: OpenStorage): void {
  auditContract(database, open)
  decisionsContract(database, open)
  discoveriesContract(database, open)
  effectsContract(database, open)
  heldOriginalsContract(database, open)
  intakesContract(database, open)
  keyStoreContract(database, open)
  knownPeopleContract(database, open)
  observedTimeContract(database, open)
  ownAuthoritiesContract(database, open)
  pdfPasswordsContract(database, open)
  trustMemoryContract(database, open)
  personRecordsContract(database, open)
  senderEntriesContract(database, open)
  waitingMessagesContract(database, open)
}
