import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { TemporaryFailure } from '../failure.ts'
import { parseListenAddress, removeStaleSocket } from '../listen-address.ts'
import type { ConnectionFilter, DecidingStage } from './filter.ts'
import { type ErrorContext, MilterSession } from './session.ts'

export interface MilterServerOptions {
  /** `/path/of/socket` or `inet:127.0.0.1:PORT`; port 0 is any free one. */
  readonly listen: string
  /** Of a unix socket; its group comes from the folder. Default 0o660. */
  readonly socketMode?: number
  /** One filter for each connection of the MTA, which is one SMTP session. */
  newFilter(): ConnectionFilter
  /** The stages at which the MTA must wait for the filter; elsewhere it sends on without. */
  readonly decides: readonly DecidingStage[]
  /** Above this a new connection is closed at once and the MTA tempfails. Postfix alone opens up to 100. */
  readonly maxConnections: number
  /** Errors of filters, peers that break the protocol, connections above the limit. Must not throw. */
  onError(error: unknown, context: ErrorContext): void
}

export interface MilterServer extends AsyncDisposable {
  /** As in `listen`, with the real port: what Postfix is told behind `unix:` or as it is. */
  readonly address: string
  readonly connections: number
  /** Takes no new connections, lets messages under way finish for `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void>
}

/**
 * Without a byte in either direction. An MTA keeps its connection as long as the SMTP client keeps its own, idle or
 * not, so this only finds peers that vanished without a word; libmilter waits as long.
 */
const idleMs = 7_210_000

/** Listens for an MTA. Fails if the address is taken. */
export async function startMilterServer(options: MilterServerOptions): Promise<MilterServer> {
  const listen = parseListenAddress(options.listen)
  const { newFilter, decides, onError } = options
  const sessions = new Map<Socket, MilterSession>()
  let connection = 0

  function accept(socket: Socket): void {
    connection += 1
    socket.setTimeout(idleMs, () => socket.destroy())
    const session = new MilterSession(socket, {
      newFilter,
      decides,
      onError,
      connection,
      tcp: listen.kind === 'tcp',
    })
    sessions.set(socket, session)
    socket.on('close', () => sessions.delete(socket))
  }

  // A filter that cannot even be made is as bad as a filter that is down: the MTA finds the connection closed.
  const server = createServer({ noDelay: true }, (socket) => {
    try {
      accept(socket)
    } catch (error) {
      socket.destroy()
      onError(error, { connection, stage: 'accept', queueId: undefined })
    }
  })
  server.maxConnections = options.maxConnections
  server.on('drop', () => {
    const failure = new TemporaryFailure('3.2', `More than ${options.maxConnections} milter connections`)
    onError(failure, { connection: undefined, stage: 'accept', queueId: undefined })
  })

  if (listen.kind === 'unix') await removeStaleSocket(listen.path)
  server.listen(listen.kind === 'unix' ? { path: listen.path } : { host: listen.host, port: listen.port })
  await once(server, 'listening')
  server.on('error', (error) =>
    onError(error, { connection: undefined, stage: 'accept', queueId: undefined }),
  )
  try {
    if (listen.kind === 'unix') await chmod(listen.path, options.socketMode ?? 0o660)
  } catch (error) {
    server.close()
    throw error
  }

  async function stop(graceMs: number): Promise<void> {
    if (!server.listening && sessions.size === 0) return
    const serverClosed = new Promise<void>((resolve) => server.close(() => resolve()))
    // The server counts itself closed a little before its last sockets are.
    const socketsClosed = [...sessions.keys()].map(
      (socket) => new Promise((resolve) => socket.on('close', resolve)),
    )
    for (const session of sessions.values()) session.stop()
    const hurry = setTimeout(() => {
      for (const session of sessions.values()) session.destroy()
    }, graceMs)
    await Promise.all([serverClosed, ...socketsClosed])
    clearTimeout(hurry)
  }

  return {
    address: addressOf(server, options.listen),
    get connections() {
      return sessions.size
    },
    stop,
    [Symbol.asyncDispose]: () => stop(0),
  }
}

function addressOf(server: Server, listen: string): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return listen
  return `inet:${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}
