import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { deadlineWithin } from '../deadline.ts'
import type { ScanResult } from '../message/facts.ts'

/** Has bytes looked at by the virus scanner. Fails only when `signal` is aborted; every other trouble is `unknown`. */
export type Scan = (bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<ScanResult>

/** The version changes when freshclam brings new signatures, at most every few minutes. */
const versionKeptMs = 60_000

/** An answer is one line; a virus has a name of some dozen characters. */
const maxReplyBytes = 4096

/** Chunks below StreamMaxLength in any setting; clamd reads each into memory. */
const chunkBytes = 64 * 1024

/**
 * A client for clamd at a socket path or `inet:HOST:PORT`, by its command INSTREAM (clamd(8)): each chunk behind its
 * length in four bytes, a length of zero at the end. `timeoutMs` bounds a whole scan.
 */
export function scanWith(clamd: string, { timeoutMs }: { timeoutMs: number }): Scan {
  let version: { text: string; readAt: number } | undefined
  const currentVersion = async (signal: AbortSignal): Promise<string> => {
    if (version && performance.now() - version.readAt < versionKeptMs) return version.text
    const text = await converse(clamd, 'zVERSION\0', undefined, signal)
    version = { text, readAt: performance.now() }
    return text
  }
  return async (bytes, signal) => {
    using limit = deadlineWithin(signal, timeoutMs)
    const deadline = limit.signal
    try {
      // Asked before the scan: the signatures used are at least those that we name.
      const signatures = await currentVersion(deadline)
      return resultOf(await converse(clamd, 'zINSTREAM\0', bytes, deadline), signatures)
    } catch (error) {
      signal.throwIfAborted()
      const reason = deadline.aborted ? `no answer within ${timeoutMs} ms` : asError(error).message
      return { kind: 'unknown', reason: `virus scanner: ${reason}` }
    }
  }
}

function resultOf(reply: string, signatures: string): ScanResult {
  if (reply === 'stream: OK') return { kind: 'clean', signatures }
  const name = /^stream: (.+) FOUND$/.exec(reply)?.[1]
  // Where AlertExceedsMax is set: not a find, but what was not looked at (clamd.conf(5)).
  if (name?.startsWith('Heuristics.Limits.Exceeded'))
    return { kind: 'unknown', reason: `virus scanner: ${name}` }
  if (name !== undefined) return { kind: 'infected', name, signatures }
  return { kind: 'unknown', reason: `virus scanner: ${JSON.stringify(reply.slice(0, 200))}` }
}

/** Sends one command, with a stream behind it, and gives the reply without its NUL. */
async function converse(
  clamd: string,
  command: string,
  stream: AsyncIterable<Uint8Array> | undefined,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted()
  const socket = connect(addressOf(clamd))
  const abort = () => socket.destroy(new Error('given up'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    const state = { complete: false }
    const reading = readReply(socket)
    // What goes wrong while sending ends the reading, so that there is one place where the outcome is known.
    send(socket, command, stream, state).catch((error: unknown) => socket.destroy(asError(error)))
    const reply = await reading
    // Above StreamMaxLength clamd answers while we still write. Whatever it says then is not about the whole stream.
    if (!state.complete) throw new Error(`answered before the end: ${reply.slice(0, 200)}`)
    return reply
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

async function send(
  socket: Socket,
  command: string,
  stream: AsyncIterable<Uint8Array> | undefined,
  state: { complete: boolean },
): Promise<void> {
  if (!stream) {
    state.complete = true
    return write(socket, Buffer.from(command))
  }
  // Each write wakes clamd up, so the command goes with the first chunk and the end with the last: a small message is
  // one write.
  let unsent = Buffer.from(command)
  let isFirst = true
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const chunk = bytes.subarray(at, at + chunkBytes)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(chunk.length)
      if (isFirst) unsent = Buffer.concat([unsent, length, chunk])
      else {
        await write(socket, unsent)
        // Lets an early reply in before the next write finds the connection closed, which would hide the reply.
        await setImmediate()
        if (socket.destroyed) return
        unsent = Buffer.concat([length, chunk])
      }
      isFirst = false
    }
  }
  state.complete = true
  await write(socket, Buffer.concat([unsent, Buffer.alloc(4)]))
}

/** Back-pressure: settled when the system has taken the bytes. */
function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

function readReply(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
      const end = received.indexOf('\0')
      if (end >= 0 && end === received.length - 1) resolve(received.slice(0, end))
      else if (end >= 0 || received.length > maxReplyBytes)
        socket.destroy(new Error('answered more than one line'))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed the connection without an answer')))
  })
}

function addressOf(clamd: string): { path: string } | { host: string; port: number } {
  const [, host, port] = /^inet:(.+):(\d+)$/.exec(clamd) ?? []
  if (host === undefined) return { path: clamd }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
