import type { ScanResult } from '../message/facts.ts'
import type { Scan } from './clamd.ts'

/** RS-06: a scanner with signatures older than this counts as one that is down. */
const oldestMs = 72 * 3_600_000
/** clamd writes the date in its own time zone. Further ahead than any zone can explain, one of the clocks is wrong. */
const aheadMs = 24 * 3_600_000

/**
 * Tells when the signatures of each scan were built, and calls nothing clean by signatures that are older than 72 hours or
 * of unknown age. A find counts whatever found it. With `required` false only the dates are told.
 */
export function believeFreshSignatures(
  scan: Scan,
  { required, now }: { readonly required: boolean; readonly now: () => Date },
): Scan {
  return async (bytes, signal) => {
    const result = await scan(bytes, signal)
    if (result.kind === 'unknown') return result
    const builtAt = signaturesBuiltAt(result.signatures)
    const reason = result.kind === 'clean' && required ? notFresh(builtAt, now()) : undefined
    if (reason !== undefined) return { kind: 'unknown', reason: `virus scanner: ${reason}` }
    return dated(result, builtAt)
  }
}

function dated(result: Exclude<ScanResult, { kind: 'unknown' }>, builtAt: Date | undefined): ScanResult {
  return builtAt === undefined ? result : { ...result, signaturesBuiltAt: builtAt }
}

function notFresh(builtAt: Date | undefined, now: Date): string | undefined {
  if (builtAt === undefined) return 'it does not tell the age of its signatures'
  const age = now.getTime() - builtAt.getTime()
  if (age > oldestMs) return `its signatures of ${builtAt.toISOString()} are older than 72 hours`
  if (age < -aheadMs) return `its signatures of ${builtAt.toISOString()} are of a time to come`
  return undefined
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * When the daily signatures were built, from clamd's answer to VERSION: `ClamAV 1.4.6/27500/Sat Nov 21 08:30:00 2026`,
 * ctime(3) in clamd's time zone, so ours. Undefined where only private signatures are loaded: then it names no date.
 */
export function signaturesBuiltAt(version: string): Date | undefined {
  const found =
    /^ClamAV [^/]*\/\d+\/[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(version)
  const month = months.indexOf(found?.[1] ?? '')
  if (!found || month < 0) return undefined
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = found.slice(2).map(Number)
  const at = new Date(year, month, day, hour, minute, second)
  // Date carries a 31st of November over into December.
  return at.getDate() === day && at.getHours() === hour && at.getMinutes() === minute ? at : undefined
}
