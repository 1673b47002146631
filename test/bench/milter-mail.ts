import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Command } from '../../src/milter/parse-command.ts'
import { PacketReader } from '../../src/milter/read-packet.ts'
import { postfixOffer, writeCommand } from '../support/milter-peer.ts'

const chunkBytes = 65_535

/** A connection to a milter, as Postfix has them: kept for many messages. */
export interface MilterConnection extends Disposable {
  /** Hands a message over; how it was answered, and the milliseconds from MAIL to that. */
  send(mail: BenchMail): Promise<{ readonly answer: string; readonly ms: number }>
}

export interface BenchMail {
  readonly sender: string
  readonly recipient: string
  readonly message: Buffer
}

export async function openMilterConnection(path: string): Promise<MilterConnection> {
  const socket = connect(path)
  await once(socket, 'connect')
  let onAnswer: (answer: string) => void = () => {}
  let onEnd: (error: Error) => void = () => {}
  const reader = new PacketReader()
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes)
    for (let packet = reader.next(); packet; packet = reader.next()) {
      // Whatever is said to the commands before: the answer to the end of a message is one of these.
      if ('atry'.includes(packet.command)) onAnswer(packet.command)
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => onEnd(new Error('the milter closed the connection')))
  const tell = (...commands: readonly Command[]) => write(socket, Buffer.concat(commands.map(writeCommand)))
  await tell(
    postfixOffer,
    { kind: 'connect', hostName: 'localhost', family: 'inet', port: 25, address: '127.0.0.1' },
    { kind: 'helo', name: 'localhost' },
  )
  return {
    async send({ sender, recipient, message }) {
      const began = performance.now()
      const answered = new Promise<string>((resolve, reject) => {
        onAnswer = resolve
        onEnd = reject
      })
      answered.catch(() => {})
      const bodyStart = message.indexOf('\r\n\r\n') + 4
      await tell(
        { kind: 'mail', address: `<${sender}>`, parameters: [] },
        { kind: 'recipient', address: `<${recipient}>`, parameters: [] },
        { kind: 'data' },
        ...fieldsOf(message.subarray(0, bodyStart).toString('latin1')),
        { kind: 'endOfHeader' },
      )
      for (let at = bodyStart; at < message.length; at += chunkBytes) {
        await tell({ kind: 'body', chunk: message.subarray(at, at + chunkBytes) })
      }
      await tell({ kind: 'endOfMessage', chunk: Buffer.alloc(0) })
      return { answer: await answered, ms: performance.now() - began }
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (!socket.write(bytes)) await once(socket, 'drain')
}

function fieldsOf(header: string): Command[] {
  return [...header.matchAll(/^([!-9;-~]+):((?:.|\r\n[ \t])*)\r\n/gm)].map(([, name = '', value = '']) => ({
    kind: 'header',
    name,
    value,
  }))
}
