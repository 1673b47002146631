import { type SmtpReply, TemporaryFailure } from '../failure.ts'
import type { FinalAnswer } from './filter.ts'
import type { Agreement } from './negotiation.ts'
import { finalPackets, progressPacket, writeRefusal } from './write-answer.ts'

/** What answering needs of its session. */
export interface EndOfMessage {
  readonly agreement: Agreement
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal
  decide(): Promise<FinalAnswer>
  /** What the client is told about an error; reports it. */
  replyTo(error: unknown): SmtpReply
  /** Called just before the last bytes are written: from then on the MTA may send its next command. */
  answering(): void
  /** Resolves, or returns, when more may be written. */
  write(bytes: Buffer): Promise<void> | undefined
  /** True while the peer does not read what was written. */
  readonly stuck: () => boolean
}

/** Sendmail gives up after 10 s without a word, Postfix after minutes. */
const progressEveryMs = 5_000
/** A long answer is written in parts of about this size, each when the peer has read the last. */
const partBytes = 64 * 1024

/**
 * Waits for the filter's decision and writes it, in one piece if it is short. Resolves as soon as the answer is
 * written or nobody waits for it; then nothing is written any more, because the MTA would take it for the answer to
 * its next command. Fails if the MTA left in the middle of the answer.
 */
export async function answerEndOfMessage(message: EndOfMessage): Promise<void> {
  const { gone } = message
  let begun = false
  const progress = setInterval(() => {
    if (!gone.aborted && !message.stuck()) message.write(progressPacket)
  }, progressEveryMs)

  async function writePart(part: readonly Buffer[]): Promise<void> {
    // Once changes have begun only changes may follow: Postfix fails a body with anything between its pieces.
    clearInterval(progress)
    if (gone.aborted) return
    begun = true
    const [only] = part
    await message.write(only && part.length === 1 ? only : Buffer.concat(part))
  }

  async function decideAndWrite(): Promise<void> {
    let part: Buffer[] = []
    let bytes = 0
    try {
      for await (const packet of finalPackets(await message.decide(), message.agreement)) {
        if (gone.aborted) return
        part.push(packet)
        bytes += packet.length
        if (bytes < partBytes) continue
        await writePart(part)
        part = []
        bytes = 0
      }
    } catch (error) {
      if (gone.aborted) return
      // Whatever was changed so far, a refusal ends it.
      part = [writeRefusal(message.replyTo(error))]
    }
    if (gone.aborted) return
    message.answering()
    await writePart(part)
  }

  const left = new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve(), { once: true }))
  try {
    await Promise.race([decideAndWrite(), left])
  } finally {
    clearInterval(progress)
  }
  if (begun && gone.aborted) {
    throw new TemporaryFailure('5.0', 'The mail server left in the middle of our answer')
  }
}
