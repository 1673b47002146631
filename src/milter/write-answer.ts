import type { SmtpReply } from '../failure.ts'
import { TemporaryFailure } from '../failure.ts'
import type { FinalAnswer, StageAnswer } from './filter.ts'
import type { Agreement } from './negotiation.ts'
import { actions } from './protocol.ts'
import { writeEdits } from './write-edits.ts'
import { writePacket } from './write-packet.ts'
import { writeReply } from './write-reply.ts'

export const continuePacket = writePacket('c')
export const acceptPacket = writePacket('a')
/** Restarts the MTA's timer while the end of a message is being decided. */
export const progressPacket = writePacket('p')

/** Sendmail takes body pieces no longer than this, Postfix any. */
const maxBodyPieceBytes = 65535

/** The packet for a refusal. `code` and texts are ours, so a RangeError here is a bug; the client is told "later". */
export function writeRefusal(reply: SmtpReply): Buffer {
  try {
    return writeReply(reply)
  } catch {
    return writePacket('t')
  }
}

export function writeStageAnswer(answer: StageAnswer, atConnect: boolean): Buffer {
  if (answer === 'continue') return continuePacket
  if (answer === 'accept') return acceptPacket
  // Sendmail knows no text of ours at CONNECT.
  if (atConnect) return writePacket(answer.reply.code < 500 ? 't' : 'r')
  return writeRefusal(answer.reply)
}

/**
 * The packets that answer the end of a message, in the order that Postfix and Sendmail both take: header changes,
 * the body in one run of pieces, the final answer. Nothing may follow. Changes are checked before the first packet.
 */
export async function* finalPackets(answer: FinalAnswer, agreement: Agreement): AsyncGenerator<Buffer> {
  if (answer.kind === 'refuse') {
    yield writeRefusal(answer.reply)
    return
  }
  if (answer.body !== undefined && (agreement.actions & actions.changeBody) === 0) {
    throw new TemporaryFailure('3.5', 'The mail server cannot make the changes that this message needs')
  }
  yield* writeEdits(answer.edits, agreement)
  if (answer.body !== undefined) yield* bodyPackets(answer.body)
  yield acceptPacket
}

/** At least one packet: an empty one empties the body, none would leave the old one. */
async function* bodyPackets(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  let bytes = 0
  let written = false
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + maxBodyPieceBytes - bytes)
      at += part.length
      if (bytes + part.length === maxBodyPieceBytes) {
        yield writePacket('b', held.subarray(0, bytes), part)
        bytes = 0
        written = true
      } else {
        // A copy: the next piece may come in the same memory.
        held = holding(held, bytes, part)
        bytes += part.length
      }
    }
  }
  if (bytes > 0 || !written) yield writePacket('b', held.subarray(0, bytes))
}

/** `held` with `part` behind its first `bytes` bytes, enlarged where that is needed. */
function holding(held: Buffer, bytes: number, part: Uint8Array): Buffer {
  const wanted = bytes + part.length
  const room =
    held.length >= wanted ? held : Buffer.allocUnsafe(Math.min(Math.max(2 * wanted, 4096), maxBodyPieceBytes))
  if (room !== held) held.copy(room, 0, 0, bytes)
  room.set(part, bytes)
  return room
}
