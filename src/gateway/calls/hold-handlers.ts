import type { ObservedClock } from '../../holding/observed-clock.ts'
import type { Log } from '../../log/events.ts'
import type { InboundPolicy } from '../../policy/policy.ts'
import type { HeldOriginal } from '../../storage/held-originals.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { fetchReleased } from '../fetch-released.ts'
import type { CallHandlers } from './control-server.ts'
import { ControlRefusal } from './control-server.ts'
import type { HoldAnswers, holdCalls } from './hold-calls.ts'

/** A year: a hold that is extended by mistake must not be out of sight for ever. */
const longestExtensionMs = 366 * 86_400_000

/** Some megabytes of text; far below what a client takes. */
const mostListed = 5000

export interface HoldParts {
  readonly storage: Pick<Storage, 'heldOriginals' | 'blobs' | 'audit'>
  readonly observed: ObservedClock
  /** The policy in force now for one recipient. */
  readonly policyOf: (recipient: string) => Pick<InboundPolicy, 'earlyRelease'>
  readonly log: Log
  readonly now: () => Date
}

/** What an administrator does with originals in our custody. Whatever changes something is recorded with it. */
export function holdHandlers(parts: HoldParts): CallHandlers<typeof holdCalls, HoldAnswers> {
  const { storage, observed, now, log } = parts
  const { heldOriginals, audit, blobs } = storage
  return {
    async 'hold-list'({ state }) {
      const all = (await heldOriginals.list()).filter((each) => state === undefined || each.state === state)
      return { originals: all.slice(-mostListed), total: all.length }
    },
    async 'hold-show'({ id }) {
      return { original: await existing(id, heldOriginals), log: await audit.of(id) }
    },
    async 'hold-release'({ id, by, reason }) {
      const original = await existing(id, heldOriginals)
      const outcome = await releaseEarly(original, { who: by, reason, at: now() }, parts)
      log({ event: 'early-release', id, outcome, by })
      return { outcome }
    },
    async 'hold-extend'({ id, until: text, by, reason }) {
      const until = new Date(text)
      const at = now()
      const longer = until.getTime() - at.getTime()
      if (longer <= 0 || longer > longestExtensionMs)
        throw new ControlRefusal(`${text} is not between now and a year from now.`)
      await observed.tick()
      const act = { at, who: by, reason: `until ${until.toISOString()}: ${reason}` }
      if (!(await heldOriginals.extend(id, until, observed.now() + longer, act)))
        throw new ControlRefusal(
          `${id} is not held, is held until later already, or is being scanned just now.`,
        )
      return { until }
    },
    async 'hold-delete'({ id, by, reason }) {
      const { blob } = await existing(id, heldOriginals)
      if (!(await heldOriginals.delete(id, { at: now(), who: by, reason })))
        throw new ControlRefusal(
          `${id} is neither released nor locked. What is held is never deleted unseen: its second scan comes first.`,
        )
      // If this fails the orphan sweep will do it.
      await blobs.remove(blob)
      return { deleted: true }
    },
    'hold-fetch': ({ id, by, offset }) => fetchReleased({ id, who: by, offset }, parts),
    async 'hold-log'({ id, limit }) {
      const entries = id === undefined ? await audit.latest(limit) : await audit.of(id)
      return { entries, verdict: await audit.verify() }
    },
  }
}

/** Ends the waiting, never the second scan. Where one recipient's policy wants four eyes, the second person ends it. */
async function releaseEarly(
  { id, recipients, earlyRelease: asked, state }: HeldOriginal,
  act: { readonly who: string; readonly reason: string; readonly at: Date },
  { storage: { heldOriginals }, policyOf }: HoldParts,
): Promise<'asked' | 'hastened'> {
  const gone = () =>
    new ControlRefusal(`${id} is not held any more, or somebody else was faster: look again.`)
  if (state !== 'held') throw new ControlRefusal(`${id} is not held, it is ${state}.`)
  if (recipients.every((recipient) => policyOf(recipient).earlyRelease === 'administrator')) {
    if (!(await heldOriginals.hasten(id, act))) throw gone()
    return 'hastened'
  }
  if (asked === undefined) {
    if (!(await heldOriginals.askEarlyRelease(id, act))) throw gone()
    return 'asked'
  }
  if (asked.granted)
    throw new ControlRefusal(`${id} is released early already; it waits for its second scan.`)
  if (samePerson(asked.who, act.who))
    throw new ControlRefusal(`${asked.who} asked for this; a second person has to agree (four eyes).`)
  if (!(await heldOriginals.hasten(id, act, asked))) throw gone()
  return 'hastened'
}

const samePerson = (one: string, other: string) => plain(one) === plain(other)
const plain = (name: string) => name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()

async function existing(id: string, held: Pick<Storage['heldOriginals'], 'find'>): Promise<HeldOriginal> {
  const original = await held.find(id)
  if (!original) throw new ControlRefusal(`There is no original ${id}.`)
  return original
}
