import { afterEach, expect, it, test, vi } from 'vitest'
import type { SandboxCommand } from '../../../src/converter/confinement.ts'
import { DriverProcess } from '../../../src/converter/driver-process.ts'
import { type DriverLimits, limits } from '../../../src/converter/limits.ts'
import { WorkerPool } from '../../../src/converter/worker-pool.ts'

/** A driver that speaks the frames and does what the document says; it needs neither sandbox nor LibreOffice. */
const obedient = `
const say = (header, content = '') => process.stdout.write(JSON.stringify({ ...header, size: content.length }) + '\\n' + content)
let received = Buffer.alloc(0)
process.stdin.on('data', (piece) => {
  received = Buffer.concat([received, piece])
  for (;;) {
    const end = received.indexOf(10)
    if (end < 0) return
    const { id, size } = JSON.parse(received.subarray(0, end))
    if (received.length < end + 1 + size) return
    const order = received.subarray(end + 1, end + 1 + size).toString()
    received = received.subarray(end + 1 + size)
    if (order === 'crash') process.exit(1)
    if (order === 'processor time') process.exit(152)
    if (order === 'password') { say({ id, ok: false, code: 'password' }); continue }
    if (order === 'other id') { say({ id: id + 1, ok: true }, 'x'); continue }
    if (order === 'flood') { process.stdout.write('x'.repeat(100000)); continue }
    if (order === 'huge') { process.stdout.write(JSON.stringify({ id, ok: true, size: 1e12 }) + '\\n'); continue }
    if (order === 'unknown code') { say({ id, ok: false, code: 'run this' }); continue }
    if (order === 'memory') { globalThis.kept = Buffer.alloc(300e6, 1); continue }
    if (order === 'slow') { setTimeout(() => say({ id, ok: true }, 'slow'), 1000); continue }
    if (order !== 'endless') say({ id, ok: true }, process.pid + ' ' + order)
  }
})
say({ id: 0, ok: true })
`
const command = (source: string): SandboxCommand => ({
  file: process.execPath,
  arguments: ['-e', source],
  seccomp: undefined,
})
const roomy: DriverLimits = {
  addressSpace: 0,
  residentBytes: 250e6,
  restartBytes: 240e6,
  jobs: 3,
  age: 60_000,
}
const never = new AbortController().signal
const pools: WorkerPool[] = []

function poolOf(
  size: number,
  source = obedient,
  onStartFailure: (error: unknown) => void = () => {},
): WorkerPool {
  const pool = new WorkerPool(
    size,
    (signal) => DriverProcess.start(command(source), roomy, signal),
    onStartFailure,
  )
  pools.push(pool)
  return pool
}
const run = async (pool: WorkerPool, order: string, signal = never) => {
  const result = await pool.run({ kind: 'convert' }, Buffer.from(order), signal)
  return result.kind === 'answered' ? Buffer.from(result.content).toString() : result
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

for (const [order, expected] of [
  ['crash', { kind: 'crashed' }],
  ['processor time', { kind: 'time-limit' }],
  ['memory', { kind: 'memory-limit' }],
  ['password', { kind: 'refused', code: 'password' }],
  ['other id', { kind: 'crashed' }],
  ['flood', { kind: 'crashed' }],
  ['huge', { kind: 'crashed' }],
  ['unknown code', { kind: 'crashed' }],
] as const) {
  it(`takes "${order}" for what it is, and serves the next document`, async () => {
    const pool = poolOf(1)
    expect(await run(pool, order)).toEqual(expected)
    expect(await run(pool, 'hello')).toMatch(/^\d+ hello$/)
  })
}

test('a driver sees no more documents than it may, and they go on', async () => {
  const pool = poolOf(1)
  const drivers = new Map<string, number>()
  for (let document = 0; document < 10; document += 1) {
    const driver = String(await run(pool, 'x')).split(' ')[0] ?? ''
    drivers.set(driver, (drivers.get(driver) ?? 0) + 1)
  }
  expect(Math.max(...drivers.values())).toBeLessThanOrEqual(roomy.jobs)
  expect(drivers.size).toBeGreaterThanOrEqual(4)
})

test('documents that never end do not hold others up', async () => {
  const pool = poolOf(1)
  const giveUp = new AbortController()
  const stuck = [1, 2, 3].map(() => run(pool, 'endless', giveUp.signal))
  expect(await Promise.race([run(pool, 'fourth'), ...stuck])).toMatch(/fourth/)
  giveUp.abort(new Error('given up'))
  for (const each of stuck) await expect(each).rejects.toThrow('given up')
  expect(pool.status.stopped).toBe(3)
  await vi.waitFor(() => expect(pool.status).toMatchObject({ working: 0, idle: 2 }), 20_000)
})

test('a driver that was started for slow documents which have ended meanwhile is not one too many', async () => {
  const gate = Promise.withResolvers<void>()
  let started = 0
  const pool = new WorkerPool(
    1,
    async (signal) => {
      started += 1
      if (started > 2) await gate.promise
      return DriverProcess.start(command(obedient), roomy, signal)
    },
    () => {},
  )
  pools.push(pool)
  await vi.waitFor(() => expect(pool.status).toMatchObject({ idle: 2 }), 20_000)
  const slow = [run(pool, 'slow'), run(pool, 'slow')]
  await vi.waitFor(() => expect(started).toBe(3), 20_000)
  await Promise.all(slow)
  await vi.waitFor(() => expect(pool.status).toMatchObject({ idle: 2, starting: 1 }), 20_000)
  gate.resolve()
  await vi.waitFor(() => expect(pool.status).toMatchObject({ starting: 0 }), 20_000)
  expect(pool.status).toMatchObject({ idle: 2 })
})

test('with a full queue the next is told that we are busy', async () => {
  const pool = poolOf(1)
  const giveUp = new AbortController()
  const places = limits.waitingJobs + 2 + limits.slowJobs
  const stuck = Array.from({ length: places }, () =>
    run(pool, 'endless', giveUp.signal).catch(() => 'given up'),
  )
  await vi.waitFor(() => expect(pool.status.waiting).toBe(limits.waitingJobs), 20_000)
  expect(await run(pool, 'one too many')).toEqual({ kind: 'busy' })
  giveUp.abort()
  expect(new Set(await Promise.all(stuck))).toContain('given up')
})

test('a driver that dies while it rests is replaced before anybody needs it', async () => {
  const pool = poolOf(1)
  const driver = Number(String(await run(pool, 'x')).split(' ')[0])
  process.kill(driver, 'SIGKILL')
  await vi.waitFor(() => expect(pool.status).toMatchObject({ crashed: 1, idle: 2 }), 20_000)
  expect(await run(pool, 'y')).toMatch(/ y$/)
})

test('drivers that do not start are told, and nobody waits for them', async () => {
  const failures: unknown[] = []
  const pool = poolOf(1, 'console.error("no engine here"); process.exit(1)', (error) => failures.push(error))
  expect(await run(pool, 'x')).toEqual({ kind: 'unavailable' })
  expect(await run(pool, 'y')).toEqual({ kind: 'unavailable' })
  expect(String(failures[0])).toContain('no engine here')
})

test('a job that was given up before it began is never begun', async () => {
  const pool = poolOf(1)
  await expect(run(pool, 'x', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  expect(pool.status.waiting).toBe(0)
})
