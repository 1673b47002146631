import fc from 'fast-check'
import { expect, test } from 'vitest'
import { longestGapMs, openObservedClock } from '../../../src/holding/observed-clock.ts'
import type { ObservedTime } from '../../../src/storage/observed-time.ts'

const minute = 60_000

function storedTime(): ObservedTime {
  let milliseconds = 0
  return {
    read: async () => milliseconds,
    raiseTo: async (wanted) => {
      milliseconds = Math.max(milliseconds, Math.floor(wanted))
      return milliseconds
    },
  }
}

test('observed time goes on where the last process left it', async () => {
  const stored = storedTime()
  let real = 5_000_000
  const first = await openObservedClock(stored, () => real)
  real += minute
  expect(first.now()).toBe(minute)
  await first.tick()
  real += 1000 // not stored: lost in the crash
  real += 3_600_000 // nobody runs
  const second = await openObservedClock(stored, () => real)
  expect(second.now()).toBe(minute)
  real += minute
  await second.tick()
  expect(await stored.read()).toBe(2 * minute)
})

test('a process that was stopped for a day did not observe the day', async () => {
  let real = 0
  const clock = await openObservedClock(storedTime(), () => real)
  real += 24 * 60 * minute
  expect(clock.now()).toBe(longestGapMs)
  await clock.tick()
  expect(clock.now()).toBe(longestGapMs)
})

test('ticks that overlap count what passed once', async () => {
  let real = 0
  const stored = storedTime()
  const answers: (() => void)[] = []
  const raiseTo: ObservedTime['raiseTo'] = async (wanted) => {
    await new Promise<void>((resolve) => answers.push(resolve))
    return stored.raiseTo(wanted)
  }
  const clock = await openObservedClock({ ...stored, raiseTo }, () => real)
  for (let n = 0; n < 5; n++) {
    real += 1000
    const ticks = [clock.tick(), clock.tick()]
    real += 1000
    ticks.push(clock.tick())
    for (const answer of answers.splice(0).reverse()) answer()
    await Promise.all(ticks)
    expect(clock.now()).toBe(real)
  }
})

test('what another node stored while we waited for the answer is not counted from before', async () => {
  let real = 0
  const stored = storedTime()
  const raiseTo: ObservedTime['raiseTo'] = async (wanted) => {
    real += 5000
    await stored.raiseTo(1_000_000)
    return stored.raiseTo(wanted)
  }
  const clock = await openObservedClock({ ...stored, raiseTo }, () => real)
  await clock.tick()
  expect(clock.now()).toBe(1_000_000)
})

test('while the storage is down observed time stands still after a minute, and goes on when it is back', async () => {
  let real = 0
  const stored = storedTime()
  let down = true
  const raiseTo: ObservedTime['raiseTo'] = async (wanted) => {
    if (down) throw new Error('down')
    return stored.raiseTo(wanted)
  }
  const clock = await openObservedClock({ ...stored, raiseTo }, () => real)
  for (let n = 0; n < 100; n++) {
    real += minute
    await expect(clock.tick()).rejects.toThrow('down')
  }
  down = false
  await clock.tick()
  real += minute
  await clock.tick()
  expect(await stored.read()).toBe(longestGapMs + minute)
})

for (const [nodes, tolerance] of [
  [1, 1], // rounding to whole milliseconds
  [3, longestGapMs + 2],
] as const) {
  test(`no order of starts, ticks and crashes of ${nodes} nodes observes more time than passed`, async () => {
    const step = fc.record({
      node: fc.nat({ max: nodes - 1 }),
      passes: fc.nat({ max: 2 * minute }),
      does: fc.constantFrom('tick', 'restart', 'nothing'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const stored = storedTime()
        let real = 0
        const start = () => openObservedClock(stored, () => real)
        const running = await Promise.all(Array.from({ length: nodes }, start))
        // A hold begins with a tick, as in holdOriginals; it ends whenever somebody looks.
        const seen: { readonly held: boolean; readonly real: number; readonly observed: number }[] = []
        for (const { node, passes, does } of steps) {
          real += passes
          if (does === 'restart') running[node] = await start()
          if (does === 'tick') await running[node]?.tick()
          seen.push({ held: does === 'tick', real, observed: running[node]?.now() ?? 0 })
        }
        for (const [at, held] of seen.entries()) {
          for (const due of held.held ? seen.slice(at) : []) {
            expect(due.observed - held.observed).toBeLessThanOrEqual(due.real - held.real + tolerance)
          }
        }
      }),
    )
  })
}
