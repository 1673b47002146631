import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { subkey } from '../../../src/storage/master-key.ts'
import type { StorageSettings } from '../../../src/storage/open-storage.ts'
import { createSeal } from '../../../src/storage/seal.ts'
import { writeDatabaseOfVersion } from '../database-of-version.ts'
import { openTestStorage, testKey } from '../open-test-storage.ts'
import { recallQuestion } from '../recall.ts'

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

  test(`${database} keeps the relations of the version before, worth as much as before`, async () => {
    const where = await newDatabase()
    const names = (...of: string[]) =>
      createHmac('sha256', subkey(testKey, 'addresses')).update(JSON.stringify(of)).digest('hex')
    const [start, now] = [new Date('2026-05-01'), new Date('2026-11-01')]
    // As version 2 wrote them: grown from 2026 on by half-lives of 180 and 90 days.
    const grown = (days: number) => 2 ** ((start.getTime() - Date.UTC(2026, 0, 1)) / (days * 86_400_000))
    await writeDatabaseOfVersion(where, 2, async (transaction) => {
      for (const [kind, name, weight] of [
        ['pair', names('pair', 'ann@example.com', 'carl@client.example'), 4 * grown(180)],
        ['address', names('address', 'carl@client.example'), 8 * grown(180)],
        ['domain', names('domain', 'client.example'), 16 * grown(90)],
      ] as const)
        await sql`insert into relations (subject, kind, weight, mails, first_at, last_at)
          values (${name}, ${kind}, ${weight}, 20, ${start.getTime()}, ${start.getTime()})`.execute(
          transaction,
        )
    })
    await using storage = await openTestStorage(where)
    const at = async (when: Date) => (await storage.trustMemory.recall(recallQuestion(when))).relations[0]
    const known = await at(start)
    expect([known?.pair, known?.address, known?.domain].map((count) => Math.round(count ?? 0))).toEqual([
      4, 8, 16,
    ])
    expect((await at(now))?.domain).toBeLessThan(4)
  })
}
