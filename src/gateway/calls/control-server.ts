import { chmod, chown } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { removeStaleSocket } from '../../listen-address.ts'

/** A key file of 1 MiB in base64, and its name. */
const usualLineBytes = 2 * 1024 * 1024
const idleMs = 60_000

/** The calls that a socket offers, each with the shape of its question. */
export type CallTable = Readonly<Record<string, z.ZodType>>

/** One function for each call of a table; what comes in has passed the call's schema. */
export type CallHandlers<Calls extends CallTable, Answers extends Record<keyof Calls, unknown>> = {
  readonly [Call in keyof Calls]: (input: z.infer<Calls[Call]>) => Promise<Answers[Call]>
}

export interface ControlSocket<Calls extends CallTable> {
  readonly path: string
  readonly calls: Calls
  readonly handlers: { readonly [Call in keyof Calls]: (input: z.infer<Calls[Call]>) => Promise<unknown> }
  /** The number of the group that may connect besides our own user; without one nobody else may. */
  readonly group?: number
  readonly maxConnections?: number
  /** The longest question. */
  readonly maxLineBytes?: number
  /** Told of what no asker can mend. */
  readonly onError: (error: unknown) => void
}

/**
 * Answers one JSON line `{ call, input }` with one JSON line, `{ ok: true, answer }` or `{ ok: false, error }`. Each
 * socket offers its own table of calls and nothing else; who may connect is a matter of its mode and group.
 */
export async function startControlServer<Calls extends CallTable>(
  socket: ControlSocket<Calls>,
): Promise<AsyncDisposable> {
  const { path, group, maxLineBytes = usualLineBytes } = socket
  const sockets = new Set<Socket>()
  const server = createServer((peer) => {
    sockets.add(peer)
    peer.on('close', () => sockets.delete(peer))
    peer.on('error', () => peer.destroy())
    peer.setTimeout(idleMs, () => peer.destroy())
    let received = 0
    peer.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > maxLineBytes) peer.destroy()
    })
    const lines = createInterface({ input: peer, crlfDelay: Number.POSITIVE_INFINITY })
    lines.once('line', (line) => {
      void answer(line, socket).then((text) => peer.end(`${text}\n`))
    })
  })
  if (socket.maxConnections !== undefined) server.maxConnections = socket.maxConnections
  await removeStaleSocket(path)
  const before = process.umask(0o177)
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(path, resolve)
    await promise
  } finally {
    process.umask(before)
  }
  if (group !== undefined) await chown(path, -1, group)
  await chmod(path, group === undefined ? 0o600 : 0o660)
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const peer of sockets) peer.destroy()
      await closed
    },
  }
}

const Question = z.strictObject({ call: z.string().max(100), input: z.unknown() })

async function answer<Calls extends CallTable>(
  line: string,
  { calls, handlers, onError }: ControlSocket<Calls>,
): Promise<string> {
  try {
    const { call, input } = Question.parse(JSON.parse(line))
    // hasOwn: "constructor" is no call.
    const schema = Object.hasOwn(calls, call) ? calls[call] : undefined
    if (schema === undefined)
      throw new ControlRefusal(`there is no call of this name: ${JSON.stringify(call)}`)
    // The handler's own schema has just been applied to its input; the two tables have the same keys.
    const handler = handlers[call] as (input: unknown) => Promise<unknown>
    return JSON.stringify({ ok: true, answer: (await handler(schema.parse(input))) ?? null })
  } catch (error) {
    if (
      !(error instanceof ControlRefusal) &&
      !(error instanceof z.ZodError) &&
      !(error instanceof SyntaxError)
    )
      onError(error)
    return JSON.stringify({ ok: false, error: textOf(error) })
  }
}

/** Something the asker can mend; its message is for people. */
export class ControlRefusal extends Error {}

function textOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues
      .map(({ path, message }) => [path.join('.'), message].filter((part) => part !== '').join(': '))
      .join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}
