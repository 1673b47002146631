import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { TemporaryFailure } from '../failure.ts'

/** Below this the disk is full for us: what we hold must still fit when Postfix already sends. */
const minFreeBytes = 64 * 1024 * 1024
const lookEveryMs = 100

/**
 * Refuses new work before it begins when it could not be finished: the disk that keeps our state is full (RS-03). Looks
 * ten times a second at most: a disk that takes 200 MB/s loses 20 MB meanwhile, less than a third of what must be free.
 */
export function enoughRoomIn(folder: string): () => Promise<void> {
  let looked: { readonly at: number; readonly found: Promise<StatsFs> } | undefined
  return async () => {
    if (!looked || performance.now() - looked.at > lookEveryMs) {
      looked = { at: performance.now(), found: statfs(folder) }
    }
    const { bavail, bsize } = await looked.found
    if (bavail * bsize < minFreeBytes) throw new TemporaryFailure('3.1', 'Not enough room, try again later')
  }
}
