import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { parseListenAddress, removeStaleSocket } from '../listen-address.ts'
import { NotANetstring, netstring, readNetstring } from './netstring.ts'

export interface SocketmapOptions {
  /** `/path/of/socket` or `inet:127.0.0.1:PORT`; port 0 is any free one. */
  readonly listen: string
  /** Of a unix socket; its group comes from the folder. Default 0o660. */
  readonly socketMode?: number
  readonly mapName: string
  /** What the map says of `key`; undefined if it says nothing. Throws when it cannot tell: Postfix then waits. */
  lookup(key: string): string | undefined | Promise<string | undefined>
  /** Above this a new connection is closed at once; Postfix defers the mail. */
  readonly maxConnections: number
  /** Errors of `lookup`, peers that do not speak the protocol, connections above the limit. Must not throw. */
  onError(error: unknown): void
}

export interface SocketmapServer extends AsyncDisposable {
  /** As in `listen`, with the real port: what Postfix is told behind `socketmap:` as `unix:...` or `inet:...`. */
  readonly address: string
}

/** Domain names have 253 characters; what is longer than this is no key of Postfix. */
const maxKeyBytes = 10_000

/** Postfix closes its side after 10 s of silence and waits 100 s at most (socketmap_table(5)). */
const idleMs = 100_000

/** How long a peer that broke the protocol has to read why. */
const partingMs = 1000

/**
 * Serves one map by the socketmap protocol (socketmap_table(5)): netstrings, `name key` in, `OK data`, `NOTFOUND`,
 * `TEMP` or `PERM` out, in the order of the questions. Fails if the address is taken.
 */
export async function startSocketmapServer(options: SocketmapOptions): Promise<SocketmapServer> {
  const listen = parseListenAddress(options.listen)
  const sockets = new Set<Socket>()
  // Half open: a client may end its side behind the last question and still read the answers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.setTimeout(idleMs, () => socket.destroy())
    serve(socket, options).catch((error: unknown) => {
      // A peer that goes away in the middle is every day's business; the socket's own error says no more.
      if (!socket.destroyed) options.onError(error)
      socket.destroy()
    })
  })
  server.maxConnections = options.maxConnections
  server.on('drop', () =>
    options.onError(new Error(`More than ${options.maxConnections} socketmap connections`)),
  )
  if (listen.kind === 'unix') await removeStaleSocket(listen.path)
  server.listen(listen.kind === 'unix' ? { path: listen.path } : { host: listen.host, port: listen.port })
  await once(server, 'listening')
  server.on('error', options.onError)
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  try {
    if (listen.kind === 'unix') await chmod(listen.path, options.socketMode ?? 0o660)
  } catch (error) {
    await stop()
    throw error
  }
  const bound = server.address()
  const address =
    bound === null || typeof bound === 'string'
      ? options.listen
      : `inet:${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
  return { address, [Symbol.asyncDispose]: stop }
}

async function serve(socket: Socket, options: SocketmapOptions): Promise<void> {
  const maxBytes = options.mapName.length + 1 + maxKeyBytes
  const gone = new AbortController()
  socket.on('error', () => socket.destroy())
  socket.on('close', () => gone.abort())
  let received: Buffer = Buffer.alloc(0)
  // One piece is read when the one before has been answered and the answers have been taken: that is the back-pressure.
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, piece as Buffer])
    for (;;) {
      let question: ReturnType<typeof readNetstring>
      try {
        question = readNetstring(received, maxBytes)
      } catch (error) {
        if (!(error instanceof NotANetstring)) throw error
        options.onError(error)
        part(socket)
        return
      }
      if (!question) break
      received = question.rest
      const more = socket.write(netstring(await answer(question.payload.toString(), options)))
      if (!more) await once(socket, 'drain', { signal: gone.signal })
    }
  }
  socket.end()
}

async function answer(question: string, options: SocketmapOptions): Promise<string> {
  const space = question.indexOf(' ')
  if (space < 0) return 'PERM a map name and a key are wanted'
  if (question.slice(0, space) !== options.mapName) return 'PERM no such map'
  const key = question.slice(space + 1)
  if (Buffer.byteLength(key) > maxKeyBytes) return 'PERM the key is too long'
  try {
    const found = await options.lookup(key)
    return found === undefined ? 'NOTFOUND ' : `OK ${found}`
  } catch (error) {
    options.onError(error)
    // Never NOTFOUND: Postfix would fall back to what holds for everybody, which may be the clear.
    return 'TEMP the policy cannot be told at the moment'
  }
}

/** Says PERM and closes; what the peer still sends is thrown away, so that it reads the answer before the end. */
function part(socket: Socket): void {
  socket.resume()
  socket.end(netstring('PERM not a netstring or too long'))
  setTimeout(() => socket.destroy(), partingMs).unref()
}
