import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { subkey } from '../../../src/storage/master-key.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { createSeal } from '../../../src/storage/seal.ts'
import { writeDatabaseOfVersion } from '../../support/database-of-version.ts'
import { testKey } from '../../support/open-test-storage.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('certificates and private keys of the version before are there after an upgrade, as what an administrator brought in', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'postsiegel.sqlite')
  const sealed = createSeal(subkey(testKey, 'records')).seal('private-key', '01', Buffer.from('private key'))
  await writeDatabaseOfVersion(file, 2)
  const old = new DatabaseSync(file)
  old
    .prepare(
      `insert into certificates values ('01', '["Ann@example.com"]', 'pem', '["issuer"]', 1, 2, 'administrator', 3, ?)`,
    )
    .run(sealed)
  old.exec(`insert into certificate_addresses values ('ann@example.com', '01')`)
  old.close()
  const settings = {
    database: { kind: 'sqlite', file } as const,
    blobs: join(folder.path, 'blobs'),
    masterKey: testKey,
  }
  for (const _start of ['first', 'second']) {
    await using storage = await openStorage(settings)
    expect(await storage.keyStore.find('ann@example.com')).toEqual([
      {
        ...{ kind: 'smime', fingerprint: '01', addresses: ['Ann@example.com'], domains: [], material: 'pem' },
        ...{ chain: ['issuer'], notBefore: new Date(1), notAfter: new Date(2), addedAt: new Date(3) },
        ...{ hasPrivateKey: true, trust: 'manual', source: 'import', state: 'active', pinned: false },
        capabilities: [],
      },
    ])
    expect(await storage.keyStore.privateKeyOf('01')).toBe('private key')
  }
})
