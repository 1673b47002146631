import { openObservedClock } from '../../src/holding/observed-clock.ts'
import type { ReleaseParts } from '../../src/holding/release-due.ts'
import type { ScanResult } from '../../src/message/facts.ts'
import { openTestStorage } from './open-test-storage.ts'

export const noon = new Date('2026-03-01T12:00:00Z')
export const hour = 60 * 60 * 1000

/** The first scan of an original that came at `at`, with signatures of the same morning. */
export const firstScanAt = (at: Date) => ({
  at,
  signatures: 'daily 27000',
  signaturesBuiltAt: new Date(at.getTime() - 4 * hour),
})

/** A site that holds: a real storage, clocks that are set by hand, and what was delivered, told and alarmed. */
export async function holdingSite() {
  const storage = await openTestStorage()
  const site = {
    storage,
    wall: noon,
    monotonic: 0,
    scan: { kind: 'clean', signatures: 'daily 27001' } as ScanResult,
    freshSignatures: 'not-required' as ReleaseParts['freshSignatures'],
    /** How long a released original is kept; undefined: not at all. */
    kept: undefined as number | undefined,
    delivered: [] as string[],
    told: [] as string[],
    stuck: [] as string[],
    alarms: [] as string[],
    /** Both clocks, as time really passes; ticks as the loop would. */
    async pass(milliseconds: number) {
      for (let left = milliseconds; left > 0; left -= 60_000) {
        const step = Math.min(left, 60_000)
        site.wall = new Date(site.wall.getTime() + step)
        site.monotonic += step
        await observed.tick()
      }
    },
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
  const observed = await openObservedClock(storage.observedTime, () => site.monotonic)
  const parts: ReleaseParts = {
    held: storage.heldOriginals,
    blobs: storage.blobs,
    effects: storage.effects,
    observed,
    now: () => site.wall,
    worker: 'node-1',
    scan: async () => site.scan,
    get freshSignatures() {
      return site.freshSignatures
    },
    keptUntil: (_original, releasedAt) =>
      site.kept === undefined ? undefined : new Date(releasedAt.getTime() + site.kept),
    tellStuck: async ({ id }, reason) => {
      site.stuck.push(`${id} ${reason}`)
    },
    deliver: async ({ id }, bytes) => {
      site.delivered.push(`${id} ${Buffer.from(bytes.read(0, bytes.size))}`)
    },
    tellLocked: async ({ id, state }) => {
      site.told.push(`${id} ${state}`)
    },
    alarm: (reason) => {
      site.alarms.push(reason)
    },
  }
  return Object.assign(site, { parts })
}
