import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Answer, decode, encode, type Packet, RECURSION_AVAILABLE, TRUNCATED_RESPONSE } from 'dns-packet'

/** The records of one name; `servfail` and `silent` play a broken and an unreachable server. */
export type NameRecords =
  | 'servfail'
  | 'silent'
  | {
      readonly A?: readonly string[]
      readonly AAAA?: readonly string[]
      readonly MX?: readonly { readonly preference: number; readonly exchange: string }[]
      readonly TXT?: readonly string[]
      readonly PTR?: readonly string[]
    }

/** Names in lower case without the last dot. */
export type Zone = Readonly<Record<string, NameRecords>>

export interface DnsServer extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** What was asked so far, such as `MX example.org`. */
  readonly asked: readonly string[]
  zone(): Zone
  replaceZone(zone: Zone): void
}

export interface DnsServerOptions {
  readonly address: string
  readonly port: number
  readonly zone: Zone
  /** Mail host of every domain that the zone does not know, so that no mail looks for a way out of this machine. */
  readonly mxOfUnknown?: string
}

/** RFC 1035 4.2.1: what a client without EDNS takes over UDP. */
const plainUdpBytes = 512
/** AA, RFC 1035 4.1.1. */
const authoritative = 1 << 10
const serverFailure = 2
const nameError = 3
const timeToLive = 5

/** A name server for the names of a demonstration or a test, over UDP and TCP. It asks nobody. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  let zone = options.zone
  const asked: string[] = []
  const connections = new Set<Socket>()

  const answerTo = (query: Packet): Packet | undefined => {
    const question = query.questions?.[0]
    if (!question || query.type === 'response') return undefined
    const name = question.name.toLowerCase().replace(/\.$/, '')
    asked.push(`${question.type} ${name}`)
    const found = lookUp(zone, name, question.type, options.mxOfUnknown)
    if (found === 'silent') return undefined
    const code = found === 'servfail' ? serverFailure : found === 'unknown' ? nameError : 0
    return {
      type: 'response',
      id: query.id ?? 0,
      flags: authoritative | RECURSION_AVAILABLE | ((query.flags ?? 0) & 0x0100) | code,
      questions: [question],
      answers: typeof found === 'string' ? [] : found,
    }
  }

  const tcp = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket)).on('error', () => socket.destroy())
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      // RFC 1035 4.2.2: two bytes of length, then the message; 64 KiB at most by construction.
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const query = readQuery(received.subarray(2, end))
        received = received.subarray(end)
        const answer = query && answerTo(query)
        if (!answer) continue
        const message = encode(answer)
        const length = Buffer.alloc(2)
        length.writeUInt16BE(message.length)
        socket.write(Buffer.concat([length, message]))
      }
    })
  })
  tcp.listen(options.port, options.address)
  await once(tcp, 'listening')
  const { port } = tcp.address() as { port: number }

  const udp = createSocket('udp4')
  udp.on('message', (bytes, from) => {
    const query = readQuery(bytes)
    const answer = query && answerTo(query)
    if (!query || !answer) return
    const full = encode(answer)
    const message =
      full.length <= udpLimit(query)
        ? full
        : encode({ ...answer, answers: [], flags: (answer.flags ?? 0) | TRUNCATED_RESPONSE })
    udp.send(message, from.port, from.address)
  })
  const close = async () => {
    for (const socket of connections) socket.destroy()
    await new Promise((resolve) => tcp.close(resolve))
  }
  try {
    udp.bind(port, options.address)
    await once(udp, 'listening')
  } catch (error) {
    await close()
    throw error
  }

  return {
    address: options.address,
    port,
    asked,
    zone: () => zone,
    replaceZone: (next) => {
      zone = next
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => udp.close(() => resolve()))
      await close()
    },
  }
}

function lookUp(zone: Zone, name: string, type: string, mxOfUnknown: string | undefined) {
  const records = Object.hasOwn(zone, name) ? zone[name] : undefined
  if (records === 'servfail' || records === 'silent') return records
  if (records === undefined) {
    if (type === 'MX' && mxOfUnknown !== undefined) {
      return [
        { type, name, ttl: timeToLive, data: { preference: 10, exchange: mxOfUnknown } } satisfies Answer,
      ]
    }
    // RFC 8020: a name above an existing one exists, though it has no records.
    return Object.keys(zone).some((other) => other.endsWith(`.${name}`)) ? [] : ('unknown' as const)
  }
  switch (type) {
    case 'A':
    case 'AAAA':
    case 'PTR':
      return (records[type] ?? []).map((data): Answer => ({ type, name, ttl: timeToLive, data }))
    case 'MX':
      return (records.MX ?? []).map((data): Answer => ({ type, name, ttl: timeToLive, data }))
    case 'TXT':
      return (records.TXT ?? []).map(
        (text): Answer => ({ type, name, ttl: timeToLive, data: characterStrings(text) }),
      )
    default:
      return []
  }
}

/** RFC 1035 3.3: a text is a row of strings of at most 255 bytes. */
function characterStrings(text: string): string[] {
  return text.match(/.{1,255}/gs) ?? ['']
}

function readQuery(bytes: Buffer): Packet | undefined {
  try {
    return decode(bytes)
  } catch {
    return undefined // not DNS: no answer
  }
}

function udpLimit(query: Packet): number {
  const edns = query.additionals?.find((record) => record.type === 'OPT')
  return edns && 'udpPayloadSize' in edns
    ? Math.max(plainUdpBytes, Number(edns.udpPayloadSize))
    : plainUdpBytes
}
