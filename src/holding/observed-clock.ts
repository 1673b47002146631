import type { ObservedTime } from '../storage/observed-time.ts'

/** Observed running time in this process: what was stored when it started, and what it has seen pass since. */
export interface ObservedClock {
  /** Milliseconds, on the scale of ObservedTime. */
  now(): number
  /** Stores what has passed. To be called every few seconds. */
  tick(): Promise<void>
}

/**
 * What passed since it was last stored counts up to here: a process that was stopped, or could not store, observed no
 * more. Holds then last longer. It is also how far one node can be ahead of what another knows.
 */
export const longestGapMs = 60 * 1000

/**
 * The wall clock can be set, so a hold must also have been watched for its whole length (RS-07). The monotonic clock
 * can not be set, but starts anew with the machine: so it only measures from tick to tick, and the sum is stored.
 * All nodes share the stored sum. Each goes on from it at the speed of time, so the highest of them does too.
 */
export async function openObservedClock(
  stored: ObservedTime,
  monotonic: () => number = () => performance.now(),
): Promise<ObservedClock> {
  let observed = await stored.read()
  let lastAt = monotonic()
  let ticking: Promise<void> | undefined
  const now = () => observed + Math.min(Math.max(0, monotonic() - lastAt), longestGapMs)

  async function tick(): Promise<void> {
    const at = monotonic()
    const seen = now()
    const highest = await stored.raiseTo(seen)
    const after = monotonic()
    // Another node may have got further while we waited: what it stored was true at the end of the wait at the latest.
    ;[observed, lastAt] = highest > seen + (after - at) ? [highest, after] : [seen, at]
  }
  return {
    now,
    // One after the other: an older answer must not replace a younger one.
    tick: () =>
      (ticking ??= tick().finally(() => {
        ticking = undefined
      })),
  }
}
