import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Answer, AUTHENTIC_DATA, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet'

export interface SecureNameServer extends AsyncDisposable {
  /** `address:port`. */
  readonly server: string
  /** Questions so far, such as `udp 61 NAME`. */
  readonly asked: readonly string[]
}

export interface SecureNameServerOptions {
  /** Records by `TYPE NAME`, the type as a number. A text is the name of an alias. */
  readonly records: Readonly<Record<string, readonly (Uint8Array | string)[]>>
  /** Whether it says that DNSSEC proves what it answers. */
  readonly isProven?: boolean
  /** Changes an answer before it goes out over UDP. */
  readonly lie?: (answer: Packet) => Packet
  /** Whatever it is asked over UDP, it says that the answer is longer. */
  readonly isLong?: boolean
  readonly code?: number
}

/** A resolver on loopback that has validated its answers, or says so, over UDP and TCP. */
export async function startSecureNameServer(options: SecureNameServerOptions): Promise<SecureNameServer> {
  const { records, isProven = true, lie = (answer) => answer, isLong = false, code = 0 } = options
  const asked: string[] = []
  const answer = (bytes: Buffer, way: string): Packet => {
    const query = decode(bytes)
    const [question] = query.questions ?? []
    if (!question) throw new Error('no question')
    const type = question.type.replace('UNKNOWN_', '')
    asked.push(`${way} ${type} ${question.name}`)
    const found = records[`${type} ${question.name}`]
    return {
      type: 'response',
      id: query.id ?? 0,
      flags: (isProven ? AUTHENTIC_DATA : 0) | (found ? code : code || 3),
      questions: [question],
      answers: (found ?? []).map(
        (data) =>
          (typeof data === 'string'
            ? { type: 'CNAME', name: question.name, data }
            : {
                type: question.type,
                name: lastAlias(found) ?? question.name,
                data: Buffer.from(data),
              }) as unknown as Answer,
      ),
    }
  }
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      const message = encode(answer(bytes.subarray(2), 'tcp'))
      const length = Buffer.alloc(2)
      length.writeUInt16BE(message.length)
      // In two pieces, as networks do.
      socket.write(Buffer.concat([length, message.subarray(0, 1)]), () => socket.end(message.subarray(1)))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const { port } = tcp.address() as AddressInfo
  const udp: UdpSocket = createSocket('udp4')
  udp.on('message', (bytes, from) => {
    const full = answer(bytes, 'udp')
    const short = isLong ? { ...full, answers: [], flags: (full.flags ?? 0) | TRUNCATED_RESPONSE } : full
    udp.send(encode(lie(short)), from.port, from.address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  return {
    server: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      await new Promise((resolve) => tcp.close(resolve))
    },
  }
}

function lastAlias(found: readonly (Uint8Array | string)[] | undefined): string | undefined {
  return found?.filter((data) => typeof data === 'string').at(-1)
}
