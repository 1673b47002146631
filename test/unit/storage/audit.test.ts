import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { writeDatabaseOfVersion } from '../../support/database-of-version.ts'
import { testKey } from '../../support/open-test-storage.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const noon = new Date('2026-03-01T12:00:00Z')

for (const [what, change, brokenAt] of [
  ['nothing', 'select 1', undefined],
  [
    'the person in an entry',
    `update audit_entries set entry = replace(entry, 'ann', 'bob') where number = 3`,
    3,
  ],
  ['the time of an entry', 'update audit_entries set at = at + 1 where number = 2', 2],
  ['whom an entry is about', `update audit_entries set subject = 'b' where number = 5`, 5],
  ['the first entry away', 'delete from audit_entries where number = 1', 1],
  ['an entry away', 'delete from audit_entries where number = 4', 4],
  ['the last entry away', 'delete from audit_entries where number = 5', 5],
  [
    'the order of two entries',
    'update audit_entries set number = case number when 2 then 9 else number end',
    2,
  ],
  [
    'an entry of his own to the end',
    `insert into audit_entries select 6, at, subject, entry, mac from audit_entries where number = 5`,
    6,
  ],
  ['the count away', `delete from settings where name = 'audit-head'`, 6],
] as const) {
  test(`the record shows that somebody changed ${what}`, async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'postsiegel.sqlite')
    const settings = {
      database: { kind: 'sqlite', file },
      blobs: join(folder.path, 'blobs'),
      masterKey: testKey,
    } as const
    await using storage = await openStorage(settings)
    for (let number = 1; number <= 5; number++)
      await storage.audit.append('fetched', 'a', { at: noon, who: 'ann', reason: `${number}` })
    using database = new DatabaseSync(file)
    database.exec(change)
    expect((await storage.audit.verify()).brokenAt).toBe(brokenAt)
  })
}

test('what was held by the first version is held, listed and released by this one', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'postsiegel.sqlite')
  const settings = {
    database: { kind: 'sqlite', file },
    blobs: join(folder.path, 'blobs'),
    masterKey: testKey,
  } as const
  await writeDatabaseOfVersion(settings.database, 1)
  const original = {
    recipients: ['ann@example.com'],
    sender: 'carl@client.example',
    messageId: '<1@client.example>',
    digest: 'd1',
    fileName: 'Bilanz.docx',
    office: 'docx',
    bytes: 8,
    blob: '00112233445566778899aabbccddeeff',
    firstScan: { at: noon, signatures: 'daily 27000' },
    heldAt: noon,
  }
  {
    using database = new DatabaseSync(file)
    database
      .prepare(
        `insert into held_originals (id, original, state, note, release_at, release_observed, lease_until, epoch)
         values ('a', ?, 'held', 'first scan: daily 27000', ?, 0, 0, 0)`,
      )
      .run(JSON.stringify(original), noon.getTime())
  }
  await using storage = await openStorage(settings)
  const [held] = await storage.heldOriginals.list()
  expect(held).toMatchObject({ ...original, id: 'a', sha256: undefined, secondScan: undefined })
  expect(held?.firstScan.signaturesBuiltAt).toBeUndefined()
  const claim = await storage.heldOriginals.claimDue('w', noon, 0, noon)
  expect(claim?.original.id).toBe('a')
  expect(await storage.audit.verify()).toEqual({ entries: 0, brokenAt: undefined })
})
