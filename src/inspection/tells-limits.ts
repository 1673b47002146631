import { zipSync } from 'fflate'
import type { Scan } from './clamd.ts'

/** MaxRecursion of clamd is at most 100 (clamd.conf(5)). */
const levels = 105

/**
 * Whether the scanner says so when it does not look at all of a file (RS-06). Without `AlertExceedsMax yes` clamd answers OK
 * for what is above its limits, and nobody can tell that from clean. Asked with a harmless file of 10 kB: a file in a zip
 * archive in a zip archive, deeper than any setting lets it look.
 */
export async function tellsLimits(scan: Scan, signal: AbortSignal): Promise<boolean> {
  let nested = zipSync({ a: new Uint8Array(1) }, { level: 0 })
  for (let level = 1; level < levels; level++) nested = zipSync({ a: nested }, { level: 0 })
  const result = await scan(onePiece(nested), signal)
  return result.kind !== 'clean'
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
