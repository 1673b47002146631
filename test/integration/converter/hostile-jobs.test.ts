import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withDescendants } from '../../../src/converter/process-tree.ts'
import { filesLeftIn, hostileJobs, runHostileJobs } from './hostile-jobs.ts'
import { missing, missingText, startTestConverter, type TestConverter } from './test-converter.ts'

/** Two of each kind; the benchmark has a thousand. */
const count = 40

describe.skipIf(missing.length > 0)(`hostile documents${missingText}`, () => {
  const { TMPDIR } = process.env
  let folder: string
  let zone: TestConverter
  const atRest = () =>
    expect
      .poll(async () => (await zone.status()).office, { timeout: 120_000 })
      .toMatchObject({ idle: 3, working: 0, waiting: 0, starting: 0 })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'))
    process.env.TMPDIR = folder
    zone = await startTestConverter()
  })
  afterAll(async () => {
    await zone?.[Symbol.asyncDispose]()
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    await rm(folder, { recursive: true, force: true })
  })

  test(`${count} of them leave no process and no file`, { timeout: 600_000 }, async () => {
    await expect.poll(async () => (await zone.status()).html.idle, { timeout: 120_000 }).toBe(2)
    await atRest()
    const before = (await withDescendants(process.pid)).length
    expect(await runHostileJobs(zone.converter, hostileJobs(count))).toEqual([])
    await atRest()
    // Those that were replaced may take a moment to be gone.
    await expect
      .poll(async () => (await withDescendants(process.pid)).length, { timeout: 30_000 })
      .toBe(before)
    expect(await filesLeftIn(process.pid)).toEqual([])

    const all = (await withDescendants(process.pid)).slice(1)
    await zone[Symbol.asyncDispose]()
    await expect
      .poll(async () => (await withDescendants(process.pid)).filter((pid) => all.includes(pid)), {
        timeout: 30_000,
      })
      .toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })
})
