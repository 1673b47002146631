import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'

export interface FakeClamd extends AsyncDisposable {
  /** Scans that were begun so far. */
  readonly asked: number
  /** Answers whoever waits. */
  say(answer: string): void
}

/**
 * A scanner that is not well: says its version and answers every scan like this; `undefined` says nothing before it is
 * told to.
 */
export async function startFakeClamd(path: string, answer: string | undefined): Promise<FakeClamd> {
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  const waiting = new Set<Socket>()
  let asked = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    let received = Buffer.alloc(0)
    let answered = false
    socket.on('data', (bytes) => {
      if (answered) return
      received = Buffer.concat([received, bytes])
      const isVersion = received.toString('latin1').startsWith('zVERSION')
      if (!isVersion && !received.subarray(-4).equals(Buffer.alloc(4))) return
      answered = true
      if (isVersion) {
        socket.end('ClamAV 1.0.0/1/Sun Nov 22 00:00:00 2026\0')
        return
      }
      asked += 1
      if (answer !== undefined) socket.end(answer)
      else waiting.add(socket)
    })
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    get asked() {
      return asked
    },
    say(later) {
      for (const socket of waiting) socket.end(later)
      waiting.clear()
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
