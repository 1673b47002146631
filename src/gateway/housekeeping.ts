import type { Settings } from '../config/settings.ts'
import type { Notice } from '../delivery/send-notice.ts'
import type { ObservedClock } from '../holding/observed-clock.ts'
import type { Log } from '../log/events.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Storage } from '../storage/open-storage.ts'
import type { IntakeParts } from './intake-parts.ts'
import { sendDigests } from './send-digests.ts'
import { warnOfExpiry } from './warn-of-expiry.ts'
import { warnOfIntakes } from './warn-of-intakes.ts'
import { workOnIntakesHourly } from './work-on-intakes.ts'

export interface HousekeepingParts {
  readonly settings: Pick<Settings, 'retention' | 'organization' | 'trust'>
  readonly storage: Storage
  readonly rules: () => PolicySet
  readonly observed: ObservedClock
  /** undefined: no address takes certificates. */
  readonly intake: IntakeParts | undefined
  readonly send: (notice: Notice) => Promise<void>
  readonly now: () => Date
  readonly log: Log
  readonly onError: (error: unknown) => void
  /** How often to look whether an hour is over, where the time is simulated. */
  readonly lookEveryMs?: number
}

const everyMs = 3_600_000
/** What waits is asked for again while its sender still tries: five days by custom (RFC 5321 4.5.4.1). */
const triesKeptMs = 30 * 86_400_000
/** That a sender came back as asked counts for so long. */
const effectsKeptMs = 60 * 86_400_000

/** Forgets hourly what is older than its retention, and tells of keys that end soon, until it is disposed. */
export function startHousekeeping(parts: HousekeepingParts): Disposable {
  const { now, lookEveryMs } = parts
  let doneAt = now().getTime()
  const timer = setInterval(() => {
    if (lookEveryMs !== undefined) {
      const at = now().getTime()
      if (Math.abs(at - doneAt) < everyMs) return
      doneAt = at
    }
    forgetOld(parts).catch(parts.onError)
    const { domains, postmaster = `postmaster@${domains[0]}` } = parts.settings.organization
    warnOfExpiry({ ...parts, postmaster }).catch(parts.onError)
    sendDigests({ ...parts, ownDomains: domains }).catch(parts.onError)
    if (parts.intake) {
      const { days } = parts.intake.intake
      warnOfIntakes({ ...parts, postmaster, days }).catch(parts.onError)
      workOnIntakesHourly(parts.intake).catch(parts.onError)
    }
  }, lookEveryMs ?? everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

async function forgetOld({ settings, storage, rules, observed, now, log }: HousekeepingParts): Promise<void> {
  const today = now().getTime()
  await storage.decisions.forget(new Date(today - settings.retention.decisions))
  for (const blob of await storage.heldOriginals.expire(now(), observed.now()))
    await storage.blobs.remove(blob)
  await storage.heldOriginals.forget(new Date(today - settings.retention.released))
  // What was delivered of an original that is still held must not be delivered again.
  const held = (await storage.heldOriginals.list()).filter(({ state }) => state === 'held')
  const oldestHeld = Math.min(...held.map(({ heldAt }) => heldAt.getTime()))
  await storage.effects.forget(new Date(Math.min(today - effectsKeptMs, oldestHeld)))
  await storage.waitingMessages.forget(new Date(today - triesKeptMs))
  await storage.intakes.forget(new Date(today - settings.retention.decisions))
  await storage.discoveries.forget(new Date(today - triesKeptMs))
  // It reads every row, so once a day is enough.
  if (await storage.effects.first(`trust pruned ${now().toISOString().slice(0, 10)}`, now()))
    await storage.trustMemory.prune(
      now(),
      rules().trust,
      new Date(today - settings.retention.correspondents),
      new Date(today - (settings.trust.clearText ?? 0)),
    )
  await storage.knownPeople.prune(new Date(today - settings.retention.correspondents))
  const [last] = await storage.audit.latest(1)
  if (last) log({ event: 'audit', number: last.number, mac: last.mac })
}
