import type { ByteSource } from '../message/byte-source.ts'
import type { ScanResult } from '../message/facts.ts'
import type { Blobs } from '../storage/blobs.ts'
import type { Effects } from '../storage/effects.ts'
import type { HeldClaim, HeldOriginal, HeldOriginals } from '../storage/held-originals.ts'
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
  /**
   * Sends the original to its recipients; resolves when the MTA has taken it. A crash right behind that may repeat it,
   * so its Message-ID must follow from the original's id: then mail programs show it once.
   */
  readonly deliver: (original: HeldOriginal, bytes: ByteSource, signal: AbortSignal) => Promise<void>
  /** Tells the recipients that the original stays locked. May be repeated like `deliver`. */
  readonly tellLocked: (original: HeldOriginal, signal: AbortSignal) => Promise<void>
  /** Somebody has to look: a hold cannot end as it should. */
  readonly alarm: (reason: string, original: HeldOriginal | undefined, cause: unknown) => void
}

/** Far longer than scan and delivery take; after it another worker takes over what this one left. */
const leaseMs = 15 * 60 * 1000
const firstPostponementMs = 60 * 1000
const longestPostponementMs = 60 * 60 * 1000

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
      await postpone(claim, 'Release failed', error, parts)
    }
  }
}

/**
 * What was done is marked in effects before the claim ends, so whoever claims the original next goes on from there:
 * delivered is not delivered again, and what was found infected once is not released by a later scan.
 */
async function settle(claim: HeldClaim, parts: ReleaseParts, signal: AbortSignal): Promise<void> {
  const { held, blobs, effects, now } = parts
  const { original } = claim
  const infected = `infected original ${original.id}`
  const released = `released original ${original.id}`
  if (await effects.done(infected)) return await lock(claim, original.note, parts, signal)
  if (await effects.done(released)) return await finish(claim, original.note, parts)

  // From here on `return await`: otherwise the blob would be closed before what is returned has happened.
  await using content = await blobs.open(original.blob)
  const scan = await parts.scan(content.stream(), signal)
  switch (scan.kind) {
    case 'unknown':
      if (signal.aborted) throw signal.reason
      return await postpone(claim, `Second scan without a result: ${scan.reason}`, undefined, parts)
    case 'infected':
      await effects.first(infected, now())
      return await lock(claim, `${noteOf(original, scan.signatures)}; found ${scan.name}`, parts, signal)
    case 'clean':
      // Whoever lost the claim meanwhile leaves the delivery to the worker that has it now.
      if (!(await held.renew(claim, leaseEnd(now())))) return
      await parts.deliver(original, content, signal)
      await effects.first(released, now())
      return await finish(claim, noteOf(original, scan.signatures), parts)
  }
}

async function lock(claim: HeldClaim, note: string, parts: ReleaseParts, signal: AbortSignal): Promise<void> {
  const { original } = claim
  try {
    await parts.tellLocked({ ...original, state: 'locked', note }, signal)
  } catch (error) {
    if (signal.aborted) throw error
    return postpone(claim, 'Recipients not told of a locked original', error, parts, note)
  }
  if (await parts.held.settle(claim, 'locked', note, parts.now()))
    parts.alarm('Original locked', original, note)
}

async function finish(
  claim: HeldClaim,
  note: string,
  { held, blobs, now, alarm }: ReleaseParts,
): Promise<void> {
  if (!(await held.settle(claim, 'released', note, now()))) return
  // The recipients have it now. If this fails the orphan sweep will do it.
  await blobs
    .remove(claim.original.blob)
    .catch((error) => alarm('Released original not removed', claim.original, error))
}

async function postpone(
  claim: HeldClaim,
  reason: string,
  cause: unknown,
  { held, now, alarm }: ReleaseParts,
  note = claim.original.note,
): Promise<void> {
  const wait = Math.min(firstPostponementMs * 2 ** (claim.epoch - 1), longestPostponementMs)
  alarm(reason, claim.original, cause)
  await held.postpone(claim, new Date(now().getTime() + wait), note)
}

const leaseEnd = (now: Date) => new Date(now.getTime() + leaseMs)

/** Both signature sets, for whoever asks later what the file was checked against; the first was noted when it came. */
const noteOf = (original: HeldOriginal, second: string) => `${original.note}; second scan: ${second}`
