import type { HeldOriginal } from '../storage/held-originals.ts'

/**
 * Whether signatures were built behind the arrival of an original (RS-07); unknown is no. They must be newer than those of
 * the first scan too: where the clock was wrong at the arrival, its time alone would say nothing.
 */
export function isNewerThanArrival(
  builtAt: Date | undefined,
  { heldAt, firstScan }: Pick<HeldOriginal, 'heldAt' | 'firstScan'>,
): boolean {
  if (builtAt === undefined || builtAt <= heldAt) return false
  return firstScan.signaturesBuiltAt === undefined || builtAt > firstScan.signaturesBuiltAt
}
