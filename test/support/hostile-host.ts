import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { TLSSocket } from 'node:tls'

export interface HostileHost extends AsyncDisposable {
  /** Command verbs that were said in the clear. */
  readonly inClear: readonly string[]
  /** The same inside TLS. */
  readonly inTls: readonly string[]
}

/** How a mail host treats STARTTLS (RFC 3207): offers none, answers in the clear behind it, hangs up, or does it. */
export type StartTls = 'none' | 'plain-answer' | 'reset' | { readonly key: string; readonly cert: string }

/** A mail host that takes whatever it is given and notes how it was given. */
export async function startHostileHost(
  address: string,
  port: number,
  startTls: StartTls,
): Promise<HostileHost> {
  const inClear: string[] = []
  const inTls: string[] = []
  const sockets = new Set<Socket>()

  function converse(socket: Socket, said: string[], offers: boolean): void {
    let inData = false
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
    const answer = (text: string) => socket.write(`${text}\r\n`)
    lines.on('line', (line) => {
      if (inData) {
        if (line === '.') {
          inData = false
          answer('250 2.0.0 taken')
        }
        return
      }
      const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? ''
      // Behind STARTTLS come bytes of TLS, whether we understand them or not.
      if (/^[A-Z]{3,8}$/.test(verb)) said.push(verb)
      if (verb === 'EHLO') answer(offers ? '250-hostile.example\r\n250 STARTTLS' : '250 hostile.example')
      else if (verb === 'STARTTLS') secure()
      else if (verb === 'DATA') {
        inData = true
        answer('354 go on')
      } else if (verb === 'QUIT') socket.end('221 2.0.0 bye\r\n')
      else answer('250 2.0.0 as you like')
    })
    lines.on('error', () => socket.destroy())

    function secure(): void {
      if (startTls === 'reset') {
        socket.destroy()
      } else if (typeof startTls === 'string') {
        answer('220 2.0.0 go on')
        answer('250 2.0.0 let us stay in the clear')
      } else {
        lines.removeAllListeners('line')
        lines.close()
        answer('220 2.0.0 go on')
        const tls = new TLSSocket(socket, { isServer: true, ...startTls })
        tls.on('error', () => socket.destroy())
        converse(tls, inTls, false)
      }
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    socket.write('220 hostile.example ESMTP\r\n')
    converse(socket, inClear, startTls !== 'none')
  })
  server.listen(port, address)
  await once(server, 'listening')
  return {
    inClear,
    inTls,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
