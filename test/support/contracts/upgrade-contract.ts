import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { subkey } from '../../../src/storage/master-key.ts'
import type { StorageSettings } from '../../../src/storage/open-storage.ts'
import { createSeal } from '../../../src/storage/seal.ts'
import { writeDatabaseOfVersion } from '../database-of-version.ts'
import { openTestStorage, testKey } from '../open-test-storage.ts'

/** What becomes of the rows of an older release. `newDatabase` gives an empty one that lasts as long as the test. */
export function upgradeContract(
  database: string,
  newDatabase: () => Promise<StorageSettings['database']>,
): void {
  test(`${database} keeps the certificates and private keys of the version before, as what an administrator brought in`, async () => {
    const where = await newDatabase()
    const seal = createSeal(subkey(testKey, 'records'))
    const sealed = seal.seal('private-key', '01', Buffer.from('private key'))
    await writeDatabaseOfVersion(where, 2, async (transaction) => {
      await sql`insert into certificates values
        ('01', '["Ann@example.com"]', 'pem', '["issuer"]', 1, 2, 'administrator', 3, ${sealed})`.execute(
        transaction,
      )
      await sql`insert into certificate_addresses values ('ann@example.com', '01')`.execute(transaction)
    })
    for (const _start of ['first', 'second']) {
      await using storage = await openTestStorage(where)
      expect(await storage.keyStore.find('ann@example.com')).toEqual([
        {
          ...{
            kind: 'smime',
            fingerprint: '01',
            addresses: ['Ann@example.com'],
            domains: [],
            material: 'pem',
          },
          ...{ chain: ['issuer'], notBefore: new Date(1), notAfter: new Date(2), addedAt: new Date(3) },
          ...{ hasPrivateKey: true, trust: 'manual', source: 'import', state: 'active', pinned: false },
          capabilities: [],
        },
      ])
      expect(await storage.keyStore.privateKeyOf('01')).toBe('private key')
    }
  })
}
