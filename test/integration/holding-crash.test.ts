import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openStorage } from '../../src/storage/open-storage.ts'
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
