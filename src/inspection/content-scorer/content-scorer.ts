import { connect, type Socket } from 'node:net'
import { deadlineWithin } from '../../deadline.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import type { ContentFacts } from '../../message/facts.ts'
import type { ReceivedMessage } from '../../message/received-message.ts'

/**
 * Has the content of a message scored by a program of others. Fails only when `signal` is aborted; every other trouble is
 * `unknown`, and then the message is judged without, or waits, as the policy says.
 */
export type ScoreContent = (message: ReceivedMessage, signal: AbortSignal) => Promise<ContentFacts>

/** What a scorer answers, on the scale of SpamAssassin. */
export interface ContentScore {
  readonly score: number
  /** Names of the rules that matched. */
  readonly rules: readonly string[]
}

/** A way to ask a kind of scorer; whatever goes wrong is thrown, with a reason for the administrator. */
export type AskScorer = (
  address: string,
  message: ReceivedMessage,
  content: ByteSource,
  signal: AbortSignal,
) => Promise<ContentScore>

/** Where no scorer is named. */
export const noScorer: ScoreContent = async () => ({ kind: 'none' })

/** What scorers look at are words and links, which stand in front; attachments cost them seconds. */
const maxScoredBytes = 1024 * 1024
const limitMs = 10_000

/**
 * The content scorer at `address`: a socket path or `inet:HOST:PORT`. It sees the message as it came, the first MiB of
 * it, and nothing that was decrypted: a score of that could be asked for, letter by letter, by refusals.
 */
export function scoreContentWith(
  name: string,
  ask: AskScorer,
  address: string,
  timeoutMs: number = limitMs,
): ScoreContent {
  return async (message, signal) => {
    using limit = deadlineWithin(signal, timeoutMs)
    try {
      const content = message.source.window(0, Math.min(message.source.size, maxScoredBytes))
      const { score, rules } = await ask(address, message, content, limit.signal)
      if (!Number.isFinite(score)) throw new Error('a score that is no number')
      return {
        kind: 'scored',
        scorer: name,
        score: Math.round(score * 100) / 100,
        phishing: rules.some(isPhishing),
      }
    } catch (error) {
      signal.throwIfAborted()
      const reason = limit.signal.aborted
        ? `no answer within ${timeoutMs} ms`
        : error instanceof Error
          ? error.message.slice(0, 200)
          : String(error)
      return { kind: 'unknown', reason: `${name}: ${reason}` }
    }
  }
}

/** Rules that found an address on a list of known phishing; not those that only find a link suspicious. */
function isPhishing(rule: string): boolean {
  return /^(?:PHISHED_(?:OPENPHISH|PHISHTANK|GENERIC_SERVICE)|PH_SURBL_MULTI|(?:URIBL_)?DBL_(?:ABUSE_)?PHISH|URIBL_PH_SURBL)$/.test(
    rule,
  )
}

/** Sends `request` and half-closes; the answer up to the end of the connection, `limit` bytes at most. */
export async function converse(
  address: string,
  request: AsyncIterable<Uint8Array>,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted()
  const [, host, port] = /^inet:(.+):(\d+)$/.exec(address) ?? []
  const socket = connect(
    host === undefined
      ? { path: address, allowHalfOpen: true }
      : { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port), allowHalfOpen: true },
  )
  const abort = () => socket.destroy(new Error('given up'))
  signal.addEventListener('abort', abort, { once: true })
  const answer = readAll(socket, limit)
  // An answer that comes before the end of the request counts; so the failure to send more is not told by itself.
  const sending = send(socket, request).catch(() => undefined)
  try {
    return await answer
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
    // Nobody reads the message any more when this is over.
    await sending
  }
}

async function send(socket: Socket, request: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of request) {
    await new Promise<void>((resolve, reject) => {
      socket.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }
  socket.end()
}

function readAll(socket: Socket, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let length = 0
    socket.on('data', (piece: Buffer) => {
      length += piece.length
      if (length > limit) socket.destroy(new Error(`an answer of more than ${limit} bytes`))
      else pieces.push(piece)
    })
    socket.on('end', () => resolve(Buffer.concat(pieces)))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed the connection without an answer')))
  })
}
