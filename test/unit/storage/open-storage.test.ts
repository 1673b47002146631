import { execFile } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { shippedWeights } from '../../../src/trust/weights.ts'
import { storageContract } from '../../support/contracts/storage-contract.ts'
import { openTestStorage, testKey } from '../../support/open-test-storage.ts'
import { sentMail } from '../../support/recall.ts'
import { storedCertificate } from '../../support/stored-key.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate } from '../../support/test-keys.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const settingsIn = (folder: string, masterKey = testKey) => ({
  database: { kind: 'sqlite', file: join(folder, 'postsiegel.sqlite') } as const,
  blobs: join(folder, 'blobs'),
  masterKey,
})

storageContract('SQLite', () => openTestStorage())

test('what was stored is there after a restart, in files that nobody else can read', async () => {
  using folder = temporaryFolder()
  {
    await using storage = await openStorage(settingsIn(folder.path))
    await storage.effects.first('invite ann', noon)
  }
  await using storage = await openStorage(settingsIn(folder.path))
  expect(await storage.effects.done('invite ann')).toBe(true)
  expect((await stat(join(folder.path, 'postsiegel.sqlite'))).mode & 0o777).toBe(0o600)
})

test('two processes that start at once on a new database both come up', async () => {
  using folder = temporaryFolder()
  const program = `
    import { openStorage } from '${new URL('../../../src/storage/open-storage.ts', import.meta.url)}'
    await using storage = await openStorage({
      database: { kind: 'sqlite', file: process.argv[1] }, blobs: process.argv[2], masterKey: new Uint8Array(32),
    })
    console.log(await storage.effects.first('only once', new Date()))`
  const { database, blobs } = settingsIn(folder.path)
  const answers = await Promise.all(
    Array.from({ length: 2 }, async () => {
      const argv = ['--input-type=module-typescript', '--eval', program, database.file, blobs]
      return (await promisify(execFile)(process.execPath, argv)).stdout.trim()
    }),
  )
  expect(answers.sort()).toEqual(['false', 'true'])
}, 60_000)

test('a database of a newer program is refused with a reason', async () => {
  using folder = temporaryFolder()
  await (await openStorage(settingsIn(folder.path)))[Symbol.asyncDispose]()
  const database = new DatabaseSync(settingsIn(folder.path).database.file)
  database.exec('update schema_version set version = 99')
  database.close()
  await expect(openStorage(settingsIn(folder.path))).rejects.toThrow(
    /schema version 99.*start the newer program/,
  )
})

test('a database of another master key is refused with a reason', async () => {
  using folder = temporaryFolder()
  await (await openStorage(settingsIn(folder.path)))[Symbol.asyncDispose]()
  await expect(openStorage(settingsIn(folder.path, new Uint8Array(32)))).rejects.toThrow(/another master key/)
})

test('while another process has the database locked mail is deferred, and taken afterwards', async () => {
  using folder = temporaryFolder()
  await using storage = await openStorage(settingsIn(folder.path))
  using other = new DatabaseSync(settingsIn(folder.path).database.file)
  other.exec('begin immediate')
  const failure = await storage.effects.first('invite ann', noon).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TemporaryFailure)
  const learned = storage.trustMemory.learnSent(sentMail(noon), '1', shippedWeights)
  other.exec('rollback')
  await learned
  expect(await storage.effects.first('invite ann', noon)).toBe(true)
}, 60_000)

test('a file that is no database defers mail, with the reason behind it', async () => {
  using folder = temporaryFolder()
  const database = { kind: 'sqlite', file: folder.path } as const
  const failure = await openStorage({ ...settingsIn(folder.path), database }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TemporaryFailure)
  expect((failure as TemporaryFailure).cause).toBeInstanceOf(Error)
})

test('a database file that was overwritten defers mail', async () => {
  using folder = temporaryFolder()
  await writeFile(settingsIn(folder.path).database.file, Buffer.alloc(8192, 'not a database'))
  await expect(openStorage(settingsIn(folder.path))).rejects.toBeInstanceOf(TemporaryFailure)
})

test('messages that are recorded at the same time share a commit, and each is there when it was promised', async () => {
  using folder = temporaryFolder()
  await using storage = await openStorage(settingsIn(folder.path))
  const { file } = settingsIn(folder.path).database
  const log = async () => (await stat(`${file}-wal`)).size
  using other = new DatabaseSync(file)
  const before = await log()
  await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      await storage.effects.first(`invite ${n}`, noon)
      // Another connection sees only what was committed.
      expect(other.prepare('select key from effects where key = ?').get(`invite ${n}`)).toBeDefined()
    }),
  )
  const together = (await log()) - before
  for (let n = 100; n < 200; n++) await storage.effects.first(`invite ${n}`, noon)
  const oneByOne = (await log()) - before - together
  expect(together).toBeLessThan(oneByOne / 4)
})

test('no secret and no correspondent can be read from the files of a stopped system', async () => {
  using folder = temporaryFolder()
  const secret = 'KANARIENVOGEL'
  {
    await using storage = await openStorage(settingsIn(folder.path))
    const u = Buffer.alloc(48, secret)
    await storage.pdfPasswords.set('ann@example.com', { u, wrapKey: Buffer.alloc(32, secret) }, noon)
    await storage.keyStore.add(storedCertificate(testCertificate('alice-rsa')), secret)
    const sent = sentMail(noon, { from: `${secret}@example.com`, to: `carl@${secret}.example` })
    await storage.trustMemory.learnSent(sent, '1', shippedWeights, true)
    await storage.blobs.put(bytesInMemory(Buffer.alloc(200_000, secret)).stream())
  }
  const { database, blobs } = settingsIn(folder.path)
  const files = [database.file, ...(await filesBelow(blobs))]
  expect(files).toHaveLength(2)
  for (const file of files) {
    const bytes = await readFile(file)
    for (const form of [
      secret,
      secret.toLowerCase(),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(bytes.includes(form.replace(/=+$/, ''))).toBe(false)
    }
  }
})

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
