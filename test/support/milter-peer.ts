import type { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { Macros } from '../../src/milter/filter.ts'
import type { Command } from '../../src/milter/parse-command.ts'
import { type Packet, PacketReader } from '../../src/milter/read-packet.ts'
import { nulTerminated, uint32, writePacket } from '../../src/milter/write-packet.ts'

/** All that Postfix offers. */
export const postfixOffer = { kind: 'negotiate', version: 6, actions: 0x1ff, protocol: 0x1fffff } as const

const letters = {
  negotiate: 'O',
  macros: 'D',
  connect: 'C',
  helo: 'H',
  mail: 'M',
  recipient: 'R',
  data: 'T',
  header: 'L',
  endOfHeader: 'N',
  body: 'B',
  endOfMessage: 'E',
  unknown: 'U',
  abort: 'A',
  quit: 'Q',
  quitNewConnection: 'K',
} as const satisfies Record<Command['kind'], string>

/** The MTA's side of the protocol: the packet for a command, written independently of how we read it. */
export function writeCommand(command: Command): Buffer {
  const letter = letters[command.kind]
  switch (command.kind) {
    case 'negotiate':
      return writePacket(letter, uint32(command.version), uint32(command.actions), uint32(command.protocol))
    case 'macros':
      return writePacket(letter, Buffer.from(command.of, 'latin1'), ...macroStrings(command.macros))
    case 'connect': {
      const family = { unknown: 'U', unix: 'L', inet: '4', inet6: '6' }[command.family]
      const port = Buffer.alloc(2)
      port.writeUInt16BE(command.port)
      const rest = command.family === 'unknown' ? [] : [port, nulTerminated(command.address)]
      return writePacket(letter, nulTerminated(command.hostName), Buffer.from(family), ...rest)
    }
    case 'helo':
      return writePacket(letter, nulTerminated(command.name))
    case 'mail':
    case 'recipient':
      return writePacket(letter, nulTerminated([command.address, ...command.parameters].join('\0')))
    case 'header':
      return writePacket(letter, nulTerminated(command.name), nulTerminated(command.value))
    case 'body':
    case 'endOfMessage':
      return writePacket(letter, command.chunk)
    case 'unknown':
      return writePacket(letter, nulTerminated('FROB'))
    default:
      return writePacket(letter)
  }
}

function macroStrings(macros: Macros): Buffer[] {
  return [...macros].flatMap(([name, value]) => [
    nulTerminated(name.length > 1 ? `{${name}}` : name),
    nulTerminated(value),
  ])
}

/** Talks to a session as an MTA does. `answers` collects what came back, as long as nobody takes it. */
export class MilterPeer {
  readonly #stream: Duplex
  readonly answers: Packet[] = []
  readonly #reader = new PacketReader()
  closed = false

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('error', () => {})
    for (const event of ['end', 'close']) {
      stream.on(event, () => {
        this.closed = true
        stream.destroy()
      })
    }
    this.listen()
  }

  listen(): void {
    this.#stream.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk)
      for (let packet = this.#reader.next(); packet; packet = this.#reader.next())
        this.answers.push({ ...packet, data: Buffer.from(packet.data) })
    })
  }

  /** Stops reading answers, as an MTA that hangs. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  send(...commands: readonly (Command | Buffer)[]): void {
    this.#stream.write(
      Buffer.concat(commands.map((command) => (Buffer.isBuffer(command) ? command : writeCommand(command)))),
    )
  }

  /** Sends, and takes the next answer. */
  async ask(...commands: readonly (Command | Buffer)[]): Promise<Packet> {
    this.send(...commands)
    return this.answer()
  }

  async answer(): Promise<Packet> {
    await until(() => this.answers.length > 0 || this.closed)
    const answer = this.answers.shift()
    if (answer === undefined) throw new Error('The filter closed the connection without an answer')
    return answer
  }

  /** Answers up to and with the final one of an end of message. */
  async finalAnswer(): Promise<Packet[]> {
    const all: Packet[] = []
    do all.push(await this.answer())
    while (!'catrys'.includes(all.at(-1)?.command ?? ''))
    return all
  }

  close(): void {
    this.#stream.destroy()
  }
}

/** Waits for a condition; the limit is far above what any machine needs. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('Waited in vain')
    await turn()
  }
}
