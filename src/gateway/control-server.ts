import { chmod, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { type ControlCall, type ControlHandlers, controlCalls } from './control-calls.ts'

/** A key file of 1 MiB in base64, and its name. */
const maxLineBytes = 2 * 1024 * 1024
const idleMs = 60_000

/** A question as one JSON line: the call and its input. */
const Question = z.strictObject({
  call: z.enum(Object.keys(controlCalls) as [ControlCall, ...ControlCall[]]),
  input: z.unknown(),
})

/**
 * Answers one JSON line with one JSON line, `{ ok: true, answer }` or `{ ok: false, error }`. Only root and our own
 * user may connect (mode 0600).
 */
export async function startControlServer(
  path: string,
  handlers: ControlHandlers,
  onError: (error: unknown) => void,
): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(idleMs, () => socket.destroy())
    let received = 0
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > maxLineBytes) socket.destroy()
    })
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
    lines.once('line', (line) => {
      void answer(line, handlers, onError).then((text) => socket.end(`${text}\n`))
    })
  })
  await rm(path, { force: true })
  const before = process.umask(0o177)
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(path, resolve)
    await promise
  } finally {
    process.umask(before)
  }
  await chmod(path, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function answer(
  line: string,
  handlers: ControlHandlers,
  onError: (error: unknown) => void,
): Promise<string> {
  try {
    const { call, input } = Question.parse(JSON.parse(line))
    // The handler's own schema has just been applied to its input; the table keeps the two together.
    const handler = handlers[call] as (input: unknown) => Promise<unknown>
    return JSON.stringify({ ok: true, answer: (await handler(controlCalls[call].parse(input))) ?? null })
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
