import { setTimeout as delay } from 'node:timers/promises'
import { createOrphanSweep } from './orphan-sweep.ts'
import { type ReleaseParts, releaseDue } from './release-due.ts'

const hour = 60 * 60 * 1000

/** Looks for due originals now and again until it is disposed; disposing waits for the original in hand. */
export interface ReleaseLoop extends AsyncDisposable {
  /** Aborts what is under way and resolves when nothing runs any more. */
  stop(): Promise<void>
}

/** `pollMs`: how often to look at the latest; a hold that ends sooner is met in time. */
export function startReleaseLoop(parts: ReleaseParts, pollMs = 10_000): ReleaseLoop {
  const stopping = new AbortController()
  const running = run(parts, pollMs, stopping.signal)
  const stop = () => {
    stopping.abort()
    return running
  }
  return { stop, [Symbol.asyncDispose]: stop }
}

async function run(parts: ReleaseParts, pollMs: number, signal: AbortSignal): Promise<void> {
  const sweep = createOrphanSweep(parts.held, parts.blobs)
  let sweptAt = performance.now()
  while (!signal.aborted) {
    let pause = pollMs
    try {
      await parts.observed.tick()
      await releaseDue(parts, signal)
      if (performance.now() - sweptAt > hour) {
        sweptAt = performance.now()
        await sweep()
      }
      pause = pauseUntil(await parts.held.nextReleaseAt(), parts.now(), pollMs)
    } catch (error) {
      // The storage is down. Holds last longer then; nothing else depends on us.
      parts.alarm('Holds not looked at', undefined, error)
    }
    await delay(pause, undefined, { signal }).catch(() => {})
  }
}

/** What is over by the wall clock and still there waits for something else: an other worker, or observed time. */
function pauseUntil(next: Date | undefined, now: Date, pollMs: number): number {
  const wait = next ? next.getTime() - now.getTime() : pollMs
  return wait > 0 ? Math.min(wait, pollMs) : pollMs
}
