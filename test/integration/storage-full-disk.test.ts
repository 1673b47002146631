import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { TemporaryFailure } from '../../src/failure.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { openStorage, type StorageSettings } from '../../src/storage/open-storage.ts'
import { shippedWeights } from '../../src/trust/weights.ts'
import { testKey } from '../support/open-test-storage.ts'
import { recallQuestion, sentMail } from '../support/recall.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const noon = new Date('2026-03-01T12:00:00Z')

/** A disk of 12 MiB, enough for a write-ahead log that is checkpointed at 4 MiB; undefined where we may not mount. */
async function smallDisk(): Promise<({ readonly path: string } & AsyncDisposable) | undefined> {
  const folder = temporaryFolder()
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder.path])
  } catch {
    folder[Symbol.dispose]()
    return undefined
  }
  const unmount = async () => {
    await run('umount', [folder.path])
    folder[Symbol.dispose]()
  }
  return { path: folder.path, [Symbol.asyncDispose]: unmount }
}

const probe = await smallDisk()
await probe?.[Symbol.asyncDispose]()

describe.skipIf(!probe)('a full disk (skipped where mounting a tmpfs is not permitted)', () => {
  const settings = (disk: string): StorageSettings => ({
    database: { kind: 'sqlite', file: join(disk, 'postsiegel.sqlite') },
    blobs: join(disk, 'blobs'),
    masterKey: testKey,
  })

  test('defers mail whose original cannot be sealed, leaves nothing behind, and takes it when there is space', async () => {
    await using disk = (await smallDisk()) ?? expect.unreachable()
    await using storage = await openStorage(settings(disk.path))
    const put = (size: number) => storage.blobs.put(bytesInMemory(randomBytes(size)).stream())
    for (let n = 0; n < 3; n++) {
      const failure = await put(13_000_000).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(TemporaryFailure)
      expect((failure as TemporaryFailure).status).toBe('3.1')
    }
    await using blob = await storage.blobs.open(await put(200_000))
    expect(blob.size).toBe(200_000)
  })

  test('defers mail that cannot be recorded, keeps what was, and goes on when there is space', async () => {
    await using disk = (await smallDisk()) ?? expect.unreachable()
    await using storage = await openStorage(settings(disk.path))
    const ballast = join(disk.path, 'ballast')
    const learn = (n: number) =>
      storage.trustMemory.learnSent(
        sentMail(noon, { from: `a${n}@example.com`, to: `c${n}@client.example` }),
        `${n}`,
        shippedWeights,
      )
    await learn(0)
    await writeFile(ballast, randomBytes(13_000_000)).catch(() => {})
    const failures: unknown[] = []
    let learned = 0
    for (let n = 1; n <= 200; n++)
      await learn(n).then(
        () => learned++,
        (error: unknown) => failures.push(error),
      )
    expect(failures.length).toBeGreaterThan(0)
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(TemporaryFailure)
      expect((failure as TemporaryFailure).status).toBe('3.1')
    }
    await rm(ballast)
    const domain = async () => (await storage.trustMemory.recall(recallQuestion(noon))).relations[0]?.domain
    expect(await domain()).toBeCloseTo(1 + learned)
    for (let n = 1; n <= 200; n++) await learn(n)
    expect(await domain()).toBeCloseTo(201)
  })

  test('does not keep the gateway from starting on a database that is there', async () => {
    await using disk = (await smallDisk()) ?? expect.unreachable()
    await (await openStorage(settings(disk.path)))[Symbol.asyncDispose]()
    await mkdir(join(disk.path, 'more'))
    await writeFile(join(disk.path, 'more', 'ballast'), randomBytes(13_000_000)).catch(() => {})
    const failure = await openStorage(settings(disk.path)).then(
      (storage) => storage[Symbol.asyncDispose](),
      (error: unknown) => error,
    )
    if (failure !== undefined) expect(failure).toBeInstanceOf(TemporaryFailure)
  })
})
