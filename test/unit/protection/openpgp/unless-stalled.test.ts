import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MalformedOpenPgp } from '../../../../src/protection/openpgp/dearmor.ts'
import { unlessStalled } from '../../../../src/protection/openpgp/unless-stalled.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('a message that takes long, but goes on, is read to its end', async () => {
  const read = unlessStalled(async (progress) => {
    for (let minute = 0; minute < 5; minute += 1) {
      progress()
      await new Promise((resolve) => setTimeout(resolve, 15_000))
    }
    return 'read'
  })
  await vi.advanceTimersByTimeAsync(80_000)
  expect(await read).toBe('read')
  expect(vi.getTimerCount()).toBe(0)
})

it('a message that nothing more comes of is given up', async () => {
  const read = unlessStalled(() => new Promise(() => undefined)).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await read).toBeInstanceOf(MalformedOpenPgp)
  expect(vi.getTimerCount()).toBe(0)
})
