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
      pause = await pauseUntilDue(parts, pollMs)
    } catch (error) {
      // The storage is down. Holds last longer then; nothing else depends on us.
      parts.alarm('Holds not looked at', undefined, error)
    }
    await delay(pause, undefined, { signal }).catch(() => {})
  }
}

/** The next one that nobody works on, once both its clocks have come that far. */
async function pauseUntilDue({ held, now, observed }: ReleaseParts, pollMs: number): Promise<number> {
  const next = await held.nextDue()
  if (!next) return pollMs
  const wait = Math.max(next.releaseAt.getTime() - now().getTime(), next.releaseObserved - observed.now())
  return Math.min(Math.max(0, Math.ceil(wait)), pollMs)
}
