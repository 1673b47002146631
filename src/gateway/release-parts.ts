import { randomUUID } from 'node:crypto'
import type { Settings } from '../config/settings.ts'
import { deliverReleased, keptUntil } from '../delivery/deliver-released.ts'
import { fileWithin } from '../delivery/file-within.ts'
import { notifyEach } from '../delivery/notify-each.ts'
import { lockedNotice, lockedReport, stuckReport } from '../delivery/release-notices.ts'
import type { Notice } from '../delivery/send-notice.ts'
import type { ObservedClock } from '../holding/observed-clock.ts'
import type { ReleaseParts } from '../holding/release-due.ts'
import type { Log } from '../log/events.ts'
import { describeError } from '../log/json-log.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Storage } from '../storage/open-storage.ts'

/** For 60 MB on a slow share; far below the lease of a claim. */
const fileLimitMs = 120_000

export interface ReleaseWorld {
  readonly settings: Pick<Settings, 'freshSignatures' | 'organization'>
  readonly storage: Pick<Storage, 'heldOriginals' | 'blobs' | 'effects'>
  readonly observed: ObservedClock
  readonly rules: () => PolicySet
  readonly scan: ReleaseParts['scan']
  readonly send: (notice: Notice) => Promise<void>
  readonly now: () => Date
  readonly log: Log
}

/** How originals leave our custody in this house: by the policies in force, with mail to its people and to its postmaster. */
export function releaseParts({
  settings,
  storage,
  observed,
  rules,
  scan,
  send,
  now,
  log,
}: ReleaseWorld): ReleaseParts {
  const notifying = { effects: storage.effects, now, send }
  const file = fileWithin(fileLimitMs)
  const policyOf = (recipient: string) => inboundPolicyFor(rules(), recipient)
  const { domains, postmaster = `postmaster@${domains[0]}` } = settings.organization
  return {
    held: storage.heldOriginals,
    blobs: storage.blobs,
    effects: storage.effects,
    observed,
    now,
    worker: randomUUID(),
    scan,
    freshSignatures: settings.freshSignatures,
    deliver: async (original, bytes) => {
      await deliverReleased(original, bytes, { ...notifying, policyOf, file })
      log({ event: 'released', id: original.id, note: `to ${original.recipients.length} recipients` })
    },
    keptUntil: (original, releasedAt) => keptUntil(original, releasedAt, policyOf),
    tellLocked: async (original) => {
      await Promise.all([
        notifyEach(lockedNotice(original), notifying),
        notifyEach(lockedReport(original, postmaster), notifying),
      ])
      log({ event: 'locked', id: original.id, note: original.note })
    },
    tellStuck: (original, reason) => notifyEach(stuckReport(original, reason, postmaster, now()), notifying),
    alarm: (reason, original, cause) =>
      log({
        event: 'release-postponed',
        id: original?.id ?? '',
        note: cause === undefined ? reason : `${reason}: ${describeError(cause)}`,
      }),
  }
}
