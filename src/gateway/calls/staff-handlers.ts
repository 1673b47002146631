import type { HeldOriginal } from '../../storage/held-originals.ts'
import { type FetchParts, fetchReleased } from '../fetch-released.ts'
import type { CallHandlers } from './control-server.ts'
import { ControlRefusal } from './control-server.ts'
import type { StaffAnswers, StaffOriginal, staffCalls } from './staff-calls.ts'

/** Originals for the recipients themselves. Somebody else's original is answered like one that does not exist. */
export function staffHandlers(parts: FetchParts): CallHandlers<typeof staffCalls, StaffAnswers> {
  const { storage, now } = parts
  return {
    async 'originals-list'({ recipient }) {
      const originals = await storage.heldOriginals.list()
      return originals.filter((original) => isFor(original, recipient)).map((each) => shownTo(each, now()))
    },
    async 'original-fetch'({ id, recipient, offset }) {
      const original = await storage.heldOriginals.find(id)
      if (!original || !isFor(original, recipient)) throw new ControlRefusal(`There is no original ${id}.`)
      return fetchReleased({ id, who: recipient, offset }, parts)
    },
  }
}

const isFor = ({ recipients }: HeldOriginal, recipient: string) =>
  recipients.some((one) => one.toLowerCase() === recipient.toLowerCase())

function shownTo(original: HeldOriginal, now: Date): StaffOriginal {
  const { id, state, fileName, bytes, author, sender, messageId, heldAt, releaseAt, keptUntil } = original
  const fetchable = state === 'released' && keptUntil !== undefined && keptUntil > now
  return {
    id,
    state,
    fileName,
    bytes,
    author: author ?? sender,
    messageId,
    receivedAt: heldAt,
    releaseAt,
    fetchableUntil: fetchable ? keptUntil : null,
  }
}
