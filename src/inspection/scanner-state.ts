import type { Scan } from './clamd.ts'
import { tellsLimits } from './tells-limits.ts'

const hourMs = 3_600_000
/** ClamAV builds signatures every day; what is older points to a freshclam that does not run. */
const youngHours = 24

/** How the virus scanner is, in a line for people: whether it scans, by which signatures, and what is not as it should be. */
export async function scannerState(scan: Scan, now: Date, signal: AbortSignal): Promise<string> {
  const result = await scan(aLine(), signal)
  if (result.kind !== 'clean')
    return `not ready: ${result.kind === 'unknown' ? result.reason : `it finds ${result.name} in an empty line`}`
  const { signatures, signaturesBuiltAt: builtAt } = result
  const hours = builtAt && Math.round((now.getTime() - builtAt.getTime()) / hourMs)
  return [
    `ready, ${signatures}`,
    ...(hours !== undefined && hours > youngHours
      ? [`its signatures are ${hours} hours old: does freshclam run?`]
      : []),
    ...((await tellsLimits(scan, signal))
      ? []
      : ['it calls clean what is above its limits: set "AlertExceedsMax yes" in clamd.conf']),
  ].join('; ')
}

async function* aLine(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([0x0a])
}
