import type { ByteSource } from '../message/byte-source.ts'
import type { ScanResult } from '../message/facts.ts'
import type { Blobs } from '../storage/blobs.ts'
import type { Effects } from '../storage/effects.ts'
import type { HeldClaim, HeldOriginal, HeldOriginals } from '../storage/held-originals.ts'
import { isNewerThanArrival } from './is-newer-than-arrival.ts'
import type { ObservedClock } from './observed-clock.ts'

export interface ReleaseParts {
  readonly held: HeldOriginals
  readonly blobs: Blobs
  readonly effects: Effects
  readonly observed: ObservedClock
  readonly now: () => Date
  /** Name of this process among all that share the storage. */
  readonly worker: string
  readonly scan: (bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<ScanResult>
  /** Whether the second scan must be with signatures newer than the arrival (RS-07). */
  readonly freshSignatures: 'required' | 'not-required'
  /**
   * Brings the original to its recipients; resolves when all of them have it. A crash right behind that may repeat it,
   * so the Message-ID of a mail must follow from the original's id: then mail programs show it once.
   */
  readonly deliver: (original: HeldOriginal, bytes: ByteSource, signal: AbortSignal) => Promise<void>
  /** Until when an original that is released now can be fetched; undefined if its blob is not needed any more. */
  readonly keptUntil: (original: HeldOriginal, releasedAt: Date) => Date | undefined
  /** Tells recipients and administrator that the original stays locked. May be repeated like `deliver`. */
  readonly tellLocked: (original: HeldOriginal, signal: AbortSignal) => Promise<void>
  /** Tells the administrator of an original that could not be released for long. May be called again and again. */
  readonly tellStuck: (original: HeldOriginal, reason: string, signal: AbortSignal) => Promise<void>
  /** Somebody has to look: a hold cannot end as it should. */
  readonly alarm: (reason: string, original: HeldOriginal | undefined, cause: unknown) => void
}

/** Far longer than scan and delivery take; after it another worker takes over what this one left. */
const leaseMs = 15 * 60 * 1000
const firstPostponementMs = 60 * 1000
const longestPostponementMs = 60 * 60 * 1000
/** So many attempts that fail, the waits between them doubling: about half an hour. */
const stuckAfterClaims = 6
/** ClamAV builds its daily signatures once a day, and a mail may come right behind that. */
const signaturesAwaitedMs = 36 * 60 * 60 * 1000

/** Scans every due original again and releases what is clean, one after the other. Returns how many were claimed. */
export async function releaseDue(parts: ReleaseParts, signal: AbortSignal): Promise<number> {
  const { held, worker, now, observed } = parts
  for (let claimed = 0; ; claimed++) {
    if (signal.aborted) return claimed
    const claim = await held.claimDue(worker, now(), observed.now(), leaseEnd(now()))
    if (!claim) return claimed
    try {
      await settle(claim, parts, signal)
    } catch (error) {
      if (signal.aborted) {
        await held.postpone(claim, claim.original.releaseAt, claim.original.note)
        return claimed
      }
      await postpone(claim, 'Release failed', error, parts, signal)
    }
  }
}

/**
 * What was done is recorded before the claim ends, so whoever claims the original next goes on from there: delivered
 * is not delivered again, and what was found infected once is not released by a later scan.
 */
async function settle(claim: HeldClaim, parts: ReleaseParts, signal: AbortSignal): Promise<void> {
  const { held, blobs, effects, now } = parts
  const { original } = claim
  const released = `released original ${original.id}`
  if (original.secondScan?.found !== undefined) return await lock(claim, parts, signal)
  if (await effects.done(released)) return await finish(claim, parts)

  // From here on `return await`: otherwise the blob would be closed before what is returned has happened.
  await using content = await blobs.open(original.blob)
  const scannedAt = now()
  const scan = await parts.scan(content.stream(), signal)
  if (scan.kind === 'unknown') {
    if (signal.aborted) throw signal.reason
    return await postpone(claim, `Second scan without a result: ${scan.reason}`, undefined, parts, signal)
  }
  // A suspicion locks nothing for good and releases nothing: somebody has to look.
  if (scan.kind === 'infected' && scan.name.startsWith('Heuristics.'))
    return await postpone(claim, `Second scan in doubt: ${scan.name}`, undefined, parts, signal)
  const { signatures, signaturesBuiltAt } = scan
  const found = scan.kind === 'infected' ? scan.name : undefined
  const secondScan = { at: scannedAt, signatures, signaturesBuiltAt, found }
  // Whoever lost the claim meanwhile leaves everything to the worker that has it now.
  if (!(await held.scanned(claim, secondScan, leaseEnd(now())))) return
  const scanned = { ...claim, original: { ...original, secondScan } }
  if (found !== undefined) return await lock(scanned, parts, signal)
  if (
    parts.freshSignatures === 'required' &&
    !original.earlyRelease?.granted &&
    !isNewerThanArrival(signaturesBuiltAt, original)
  )
    return await awaitSignatures(scanned, parts, signal)
  await parts.deliver(scanned.original, content, signal)
  await effects.first(released, now())
  return await finish(scanned, parts)
}

async function lock(claim: HeldClaim, parts: ReleaseParts, signal: AbortSignal): Promise<void> {
  const { original } = claim
  const note = `found ${original.secondScan?.found} at the second scan`
  try {
    await parts.tellLocked({ ...original, state: 'locked', note }, signal)
  } catch (error) {
    if (signal.aborted) throw error
    return postpone(claim, 'Not all were told of a locked original', error, parts, signal)
  }
  const end = {
    state: 'locked',
    note,
    at: parts.now(),
    keptUntil: undefined,
    keptObserved: undefined,
  } as const
  if (await parts.held.settle(claim, end)) parts.alarm('Original locked', original, note)
}

async function finish(claim: HeldClaim, parts: ReleaseParts): Promise<void> {
  const { held, blobs, observed, now, alarm } = parts
  const { original } = claim
  const at = now()
  const keptUntil = parts.keptUntil(original, at)
  const keptObserved = keptUntil && observed.now() + (keptUntil.getTime() - at.getTime())
  const note = original.earlyRelease?.granted ? 'released early' : ''
  const settled = await held.settle(claim, { state: 'released', note, at, keptUntil, keptObserved })
  if (!settled || keptUntil !== undefined) return
  // The recipients have it now. If this fails the orphan sweep will do it.
  await blobs.remove(original.blob).catch((error) => alarm('Released original not removed', original, error))
}

/** No fault of anybody's as long as the next signatures may still come: looked at again soon, without alarm. */
async function awaitSignatures(claim: HeldClaim, parts: ReleaseParts, signal: AbortSignal): Promise<void> {
  const { original } = claim
  const reason = 'No signatures newer than its arrival yet'
  if (parts.now().getTime() - original.heldAt.getTime() > signaturesAwaitedMs) {
    parts.alarm(reason, original, undefined)
    await tellStuck(claim, reason, parts, signal)
  }
  await parts.held.postpone(claim, nextAttempt(claim, parts.now()), reason)
}

async function postpone(
  claim: HeldClaim,
  reason: string,
  cause: unknown,
  parts: ReleaseParts,
  signal: AbortSignal,
): Promise<void> {
  parts.alarm(reason, claim.original, cause)
  if (claim.epoch >= stuckAfterClaims) await tellStuck(claim, reason, parts, signal)
  await parts.held.postpone(claim, nextAttempt(claim, parts.now()), reason)
}

async function tellStuck(
  { original }: HeldClaim,
  reason: string,
  { tellStuck, alarm }: ReleaseParts,
  signal: AbortSignal,
): Promise<void> {
  await tellStuck(original, reason, signal).catch((error) => alarm('Administrator not told', original, error))
}

function nextAttempt({ epoch }: HeldClaim, now: Date): Date {
  return new Date(now.getTime() + Math.min(firstPostponementMs * 2 ** (epoch - 1), longestPostponementMs))
}

const leaseEnd = (now: Date) => new Date(now.getTime() + leaseMs)
