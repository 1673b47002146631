import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { pollUntil } from '../../../../src/demonstration/poll-until.ts'
import { PermanentFailure, TemporaryFailure } from '../../../../src/failure.ts'
import { type ByteSource, bytesInMemory, concatenated } from '../../../../src/message/byte-source.ts'
import { openThreadPool, type ThreadPoolOptions } from '../../../../src/protection/threads/thread-pool.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { testKeyFile } from '../../../support/test-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'threads-'))
const full = join(folder, 'full')
mkdirSync(full)
const isSmall = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', full]).status === 0
afterAll(() => {
  if (isSmall) spawnSync('umount', [full])
  rmSync(folder, { recursive: true })
})

const never = new AbortController().signal
const entry = new URL('../../../support/test-jobs.ts', import.meta.url)

function pool(change: Partial<ThreadPoolOptions> = {}) {
  const opened = openThreadPool({ entry, threads: 1, longBytes: 1000, mostWaiting: 2, ...change })
  onTestFinished(() => opened[Symbol.asyncDispose]())
  return opened
}

function workspace(limits: Partial<Parameters<typeof openWorkspace>[1]> = {}, place = folder) {
  const opened = openWorkspace(place, { sizeLimit: 50e6, memoryLimit: 1000, ...limits })
  onTestFinished(() => opened[Symbol.asyncDispose]())
  return opened
}

async function allOf(source: ByteSource): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.stream()) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}

const bytes = (size: number) => Buffer.from(Array.from({ length: size }, (_, index) => index % 251))
async function spooled(room: ReturnType<typeof workspace>, content: Buffer): Promise<ByteSource> {
  return room.collect(bytesInMemory(content).stream())
}

/** Descriptors of this process on files that were below `folder`. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(join('/proc/self/fd', descriptor)).startsWith(folder)
    } catch {
      return false
    }
  }).length
}

/** Memory that all threads see. */
const gate = () => new SharedArrayBuffer(4)
function openGate(shared: SharedArrayBuffer): void {
  const view = new Int32Array(shared)
  Atomics.store(view, 0, 1)
  Atomics.notify(view, 0)
}

describe('a message in another thread', () => {
  for (const [place, size] of [
    ['memory', 500],
    ['a file', 300_000],
  ] as const) {
    it(`comes back as it went, from ${place}`, async () => {
      const room = workspace()
      const content = bytes(size)
      const source = concatenated([
        bytesInMemory(content.subarray(0, 7)),
        (await spooled(room, content)).window(7, size),
      ])
      const { same, copy } = (await pool().run('twice', [source, room], never)) as Record<string, ByteSource>
      expect(await allOf(copy as ByteSource)).toEqual(content)
      expect(await allOf(same as ByteSource)).toEqual(
        Buffer.concat([Buffer.from('front '), content.subarray(1)]),
      )
    })
  }

  it('can become several, written in turns', async () => {
    const room = workspace()
    const content = bytes(200_000)
    const [one, other] = (await pool().run(
      'inTurns',
      [await spooled(room, content), room],
      never,
    )) as ByteSource[]
    expect(await allOf(one as ByteSource)).toEqual(content)
    expect(await allOf(other as ByteSource)).toEqual(content.map((byte) => byte ^ 0xff))
  })

  it('leaves no descriptor behind when it is over, and none is closed before the thread is done', async () => {
    const room = openWorkspace(folder, { sizeLimit: 1e6, memoryLimit: 1000 })
    const before = openFiles()
    const source = await spooled(room, bytes(5000))
    const giveUp = new AbortController()
    const started = gate()
    const run = pool().run('hang', [started, source, room], giveUp.signal)
    await pollUntil('it works', () => new Int32Array(started)[0] === 1)
    await room[Symbol.asyncDispose]()
    expect(openFiles()).toBe(before + 2)
    giveUp.abort(new Error('gone'))
    await expect(run).rejects.toThrow('gone')
    expect(openFiles()).toBe(before)
  })

  it('is not read any more by what a job left running', async () => {
    const room = workspace()
    const late = gate()
    const running = pool()
    await running.run('lateReader', [await spooled(room, bytes(5000)), late], never)
    await pollUntil('it was tried', () => new Int32Array(late)[0] !== 0)
    expect(new Int32Array(late)[0]).toBe(2)
  })

  it('whose pieces a job keeps is not sent half empty: it fails', async () => {
    const room = workspace()
    const run = pool().run('keep', [await spooled(room, bytes(200_000)), room], never)
    await expect(run).rejects.toThrow()
  })

  it('may bring keys, certificates and dates, and what is shared stays shared', async () => {
    const x509 = new X509Certificate(readFileSync(testKeyFile('alice-rsa.cert.pem')))
    const privateKey = createPrivateKey(readFileSync(testKeyFile('alice-rsa.key.pem')))
    const at = new Date('2026-11-22T08:00:00Z')
    const value = { x509, list: [x509, { privateKey }], at, set: new Set(['a']), none: undefined }
    const back = (await pool().run('same', [value], never)) as typeof value
    expect(back.x509.fingerprint256).toBe(x509.fingerprint256)
    expect(back.list[0]).toBe(back.x509)
    expect((back.list[1] as { privateKey: typeof privateKey }).privateKey.equals(privateKey)).toBe(true)
    expect(back).toMatchObject({ at, set: new Set(['a']), none: undefined })
  })

  it('that lies nowhere fails in words, and the thread serves the next one', async () => {
    const running = pool()
    const source = { ...bytesInMemory(bytes(10)), stretches: undefined } as unknown as ByteSource
    await expect(running.run('same', [source], never)).rejects.toThrow('lie nowhere')
    await expect(running.run('same', [() => 1], never)).rejects.toThrow('could not be cloned')
    expect(await running.run('same', [1], never)).toBe(1)
  })
})

describe('a failure in another thread', () => {
  it('keeps its class, status, words and cause', async () => {
    const running = pool()
    const later = await running.run('refuse', ['temporary'], never).catch((error: unknown) => error)
    expect(later).toBeInstanceOf(TemporaryFailure)
    expect(later).toMatchObject({ status: '3.1', message: 'later' })
    expect(String((later as Error).cause)).toContain('the reason')
    const forGood = await running.run('refuse', ['permanent'], never).catch((error: unknown) => error)
    expect(forGood).toBeInstanceOf(PermanentFailure)
    expect(forGood).toMatchObject({ status: '7.5', message: 'never' })
    const bug = await running.run('refuse', ['unforeseen'], never).catch((error: unknown) => error)
    expect(bug).not.toBeInstanceOf(TemporaryFailure)
    expect(String(bug)).toContain('a bug')
  })

  it('of a message that grows beyond its limit is for good', async () => {
    const room = workspace({ sizeLimit: 100_000 })
    const source = bytesInMemory(bytes(150_000))
    await expect(pool().run('twice', [source, room], never)).rejects.toMatchObject({
      replyClass: 5,
      status: '3.4',
    })
  })

  it.skipIf(!isSmall)(
    'of a full disk defers the message (needs the right to mount a small one)',
    async () => {
      const room = workspace({}, full)
      const source = bytesInMemory(bytes(3_000_000))
      const running = pool()
      await expect(running.run('twice', [source, room], never)).rejects.toMatchObject({
        replyClass: 4,
        status: '3.1',
      })
      expect(await running.run('same', ['next'], never)).toBe('next')
    },
  )

  for (const [what, job] of [
    ['that runs out of memory', 'eatHeap'],
    ['that ends', 'die'],
  ] as const) {
    it(`of a thread ${what} defers this message only`, async () => {
      const running = pool()
      const failed = await running.run(job, [], never).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(TemporaryFailure)
      expect(failed).toMatchObject({ status: '3.0' })
      if (job === 'eatHeap') expect(String((failed as Error).cause)).toContain('memory')
      expect(await running.run('same', ['next'], never)).toBe('next')
    })
  }

  it('that nobody waits for any more harms nobody', async () => {
    expect(await pool().run('failLater', [], never)).toBe('done')
  })
})

describe('jobs', () => {
  it('end with their signal, even if they never look at it, and another thread takes the next one', async () => {
    const running = pool()
    const giveUp = new AbortController()
    const started = gate()
    const run = running.run('hang', [started], giveUp.signal)
    await pollUntil('it works', () => new Int32Array(started)[0] === 1)
    giveUp.abort(new Error('no time left'))
    await expect(run).rejects.toThrow('no time left')
    expect(await running.run('same', ['next'], never)).toBe('next')
    await expect(running.run('same', ['none'], giveUp.signal)).rejects.toThrow('no time left')
  })

  it('that are long leave a thread to short ones; long ones wait in turn, and too many are deferred', async () => {
    const running = pool({ mostWaiting: 2 })
    const long = bytesInMemory(bytes(2000))
    const first = gate()
    const order: string[] = []
    const note = (name: string) => (result: unknown) => {
      order.push(name)
      return result
    }
    const working = running.run('wait', [first, long], never).then(note('first'))
    const second = running.run('same', [[long, 2]], never).then(note('second'))
    const giveUp = new AbortController()
    const third = running.run('same', [[long, 3]], giveUp.signal)
    await expect(running.run('same', [[long, 4]], never)).rejects.toMatchObject({
      replyClass: 4,
      status: '4.5',
    })
    await running.run('same', ['short'], never).then(note('short'))
    giveUp.abort(new Error('the client has gone'))
    await expect(third).rejects.toThrow('the client has gone')
    expect(order).toEqual(['short'])
    openGate(first)
    await Promise.all([working, second])
    expect(order).toEqual(['short', 'first', 'second'])
  })

  it('under way and waiting are deferred when the gateway stops', async () => {
    const running = openThreadPool({ entry, threads: 1, longBytes: 1000, mostWaiting: 2 })
    const long = bytesInMemory(bytes(2000))
    const started = gate()
    const working = running.run('hang', [started, long], never)
    const waiting = running.run('same', [long], never)
    const outcomes = Promise.allSettled([working, waiting])
    await pollUntil('it works', () => new Int32Array(started)[0] === 1)
    await running[Symbol.asyncDispose]()
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { replyClass: 4 } })
    }
    await expect(running.run('same', [1], never)).rejects.toMatchObject({ replyClass: 4, status: '3.2' })
  })

  it('make no code from strings where the process must not', () => {
    const script = `
      const { openThreadPool } = await import(${JSON.stringify(new URL('../../../../src/protection/threads/thread-pool.ts', import.meta.url).href)})
      const pool = openThreadPool({ entry: new URL(${JSON.stringify(entry.href)}), threads: 1, longBytes: 1, mostWaiting: 1 })
      console.log(await pool.run('codeFromString', [], new AbortController().signal))
      await pool[Symbol.asyncDispose]()`
    const run = (flags: readonly string[]) =>
      spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script])
        .stdout.toString()
        .trim()
    expect(run(['--disallow-code-generation-from-strings'])).toBe('forbidden')
    expect(run([])).toBe('made')
  })
})
