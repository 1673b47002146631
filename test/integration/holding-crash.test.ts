import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, test } from 'vitest'
import { createOrphanSweep } from '../../src/holding/orphan-sweep.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import type { HoldingWork } from '../support/holding-worker.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** Holds one original after the other and prints the id of each when it has it. */
const program = `
  import { randomBytes } from 'node:crypto'
  import { holdOriginals } from ${source('holding/hold-originals.ts')}
  import { openObservedClock } from ${source('holding/observed-clock.ts')}
  import { bytesInMemory } from ${source('message/byte-source.ts')}
  import { openStorage } from ${source('storage/open-storage.ts')}
  const [file, blobs, run] = process.argv.slice(1)
  const storage = await openStorage({ database: { kind: 'sqlite', file }, blobs, masterKey: new Uint8Array(32) })
  const parts = { held: storage.heldOriginals, blobs: storage.blobs, observed: await openObservedClock(storage.observedTime) }
  for (let n = 0; ; n++) {
    const message = { recipients: ['ann@example.com'], sender: '', author: undefined, messageId: '', digest: run + ' ' + n }
    const attached = { path: [1], fileName: 'a.doc', office: 'doc', content: bytesInMemory(randomBytes(150_000)) }
    const terms = { scan: { at: new Date(), signatures: '' }, hold: 1000, now: new Date() }
    const [held] = await holdOriginals(message, [attached], terms, parts)
    console.log(held.id)
  }`

test('whatever was held before a kill -9 is there and whole afterwards', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'postsiegel.sqlite')
  const blobs = join(folder.path, 'blobs')
  const promised: string[] = []
  for (let run = 0; run < 6; run++) {
    const argv = ['--input-type=module-typescript', '--eval', program, file, blobs, `${run}`]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    const killAfter = promised.length + 1 + run * 7
    for await (const id of createInterface({ input: child.stdout })) {
      promised.push(id)
      if (promised.length >= killAfter) child.kill('SIGKILL')
    }
    expect(await ended).toEqual([null, 'SIGKILL'])
  }
  await using storage = await openStorage({
    database: { kind: 'sqlite', file },
    blobs,
    masterKey: new Uint8Array(32),
  })
  expect(promised.length).toBeGreaterThan(100)
  for (const id of promised) {
    const held = await storage.heldOriginals.find(id)
    await using blob = await storage.blobs.open(held?.blob ?? '')
    expect(blob.size).toBe(150_000)
  }
})

const worker = new URL('../support/holding-worker.ts', import.meta.url).pathname

/** Runs a worker until it has finished or stands still, and kills it there. Gives the steps that it began. */
async function runWorker(work: HoldingWork): Promise<{ steps: string[]; finished: boolean }> {
  const child = spawn(process.execPath, [worker, JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const steps: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'stopped') child.kill('SIGKILL')
    else steps.push(line)
  }
  const finished = steps.at(-1) === 'finished'
  expect(await ended).toEqual(finished ? [0, null] : [null, 'SIGKILL'])
  return { steps: finished ? steps.slice(0, -1) : steps, finished }
}

/** A worker that is killed in front of one step, and its heir, to whom the sender brings the same mail again. */
async function killedAt(stopAt: number, infected: boolean) {
  using folder = temporaryFolder()
  const work = {
    database: join(folder.path, 'postsiegel.sqlite'),
    blobs: join(folder.path, 'blobs'),
    outbox: join(folder.path, 'outbox'),
    releaseFolder: join(folder.path, 'released'),
    infected,
  }
  mkdirSync(work.releaseFolder)
  const killed = await runWorker({ ...work, stopAt, start: 0 })
  // Later than any lease: the dead one's claim is over.
  const heir = await runWorker({ ...work, stopAt: 0, start: 20 })
  expect(heir.finished).toBe(true)
  await using storage = await openStorage({
    database: { kind: 'sqlite', file: work.database },
    blobs: work.blobs,
    masterKey: new Uint8Array(32),
  })
  const sweep = createOrphanSweep(storage.heldOriginals, storage.blobs)
  await sweep()
  await sweep()
  const blobs: string[] = []
  for await (const id of storage.blobs.ids()) blobs.push(id)
  const originals = await storage.heldOriginals.list()
  return {
    ...killed,
    originals,
    blobs,
    record: await storage.audit.verify(),
    acts: (await storage.audit.of(originals[0]?.id ?? '')).map(({ what }) => what),
    sent: linesOf(work.outbox).sort(),
    filed: readdirSync(work.releaseFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'postsiegel.log')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).length),
  }
}

function linesOf(file: string): string[] {
  return readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean)
}

describe('a gateway that is killed with -9', () => {
  it.concurrent('at any step of hold and release loses nothing and releases nothing twice', async () => {
    const seen: string[] = []
    for (let stopAt = 1; ; stopAt++) {
      const { steps, finished, originals, blobs, record, acts, sent, filed } = await killedAt(stopAt, false)
      const last = steps.at(-1) ?? ''
      const where = `killed in front of ${last} (${stopAt})`
      expect(
        originals.map(({ state }) => state),
        where,
      ).toEqual(['released'])
      expect(blobs, where).toEqual([])
      expect(record.brokenAt, where).toBeUndefined()
      expect(acts, where).toEqual(['held', 'released'])
      expect(filed, where).toEqual([150_000])
      const [{ id } = { id: '' }] = originals
      expect([...new Set(sent)], where).toEqual(
        ['ann', 'bob'].map((name) => `postsiegel.released.${id} ${name}@example.com`),
      )
      // Only between Postfix's 250 and our note of it can a mail go out again, and then under the same Message-ID.
      expect(sent.length, where).toBeLessThanOrEqual(last === 'sent' || last === 'effects.first' ? 3 : 2)
      if (finished) break
      seen.push(last)
    }
    for (const each of [
      'blobs.put',
      'held.add',
      'accept',
      'held.claimDue',
      'blobs.open',
      'held.scanned',
      'send',
      'sent',
      'held.settle',
      'blobs.remove',
    ])
      expect(seen).toContain(each)
  }, 900_000)

  it.concurrent('at any step of locking an infected original keeps it, releases nothing and tells its recipients', async () => {
    for (let stopAt = 1; ; stopAt++) {
      const { steps, finished, originals, blobs, acts, sent, filed } = await killedAt(stopAt, true)
      const where = `killed in front of ${steps.at(-1)} (${stopAt})`
      expect(
        originals.map(({ state }) => state),
        where,
      ).toEqual(['locked'])
      expect(blobs, where).toEqual([originals[0]?.blob])
      expect(acts, where).toEqual(['held', 'locked'])
      expect([...new Set(sent)], where).toHaveLength(1)
      expect(filed, where).toEqual([])
      if (finished) break
    }
  }, 900_000)
})
