import type { Blobs } from '../storage/blobs.ts'
import { type HeldOriginals, isContentKept } from '../storage/held-originals.ts'

/**
 * Removes blobs that no original needs, and nothing else is kept there: what a crash left between sealing and recording,
 * or between release, deletion or the end of keeping and removal. Only what was an orphan at the last sweep too goes,
 * so sweeps must be further apart than holding takes (an hour is plenty): no clock can make a file that is being held
 * just now look old. Returns how many went.
 */
export function createOrphanSweep(held: HeldOriginals, blobs: Blobs): () => Promise<number> {
  let suspects = new Set<string>()
  return async () => {
    const found = new Set<string>()
    for await (const id of blobs.ids()) found.add(id)
    // Asked behind the listing, so that what was recorded meanwhile is no orphan.
    for (const original of await held.list()) if (isContentKept(original)) found.delete(original.blob)
    const orphans = [...found].filter((id) => suspects.has(id))
    for (const id of orphans) await blobs.remove(id)
    suspects = found
    return orphans.length
  }
}
