import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { getServers } from 'node:dns'
import { connect, isIPv6 } from 'node:net'
import * as dns from 'dns-packet'
import ipaddr from 'ipaddr.js'

/** Contents of the records of a name and type, if DNSSEC proves them. `unproven`: no AD bit, so nothing is known. */
export type SecureAnswer =
  | { readonly kind: 'proven'; readonly records: readonly Uint8Array[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly reason: 'unproven' | 'no-answer' }

export type SecureLookup = (name: string, type: number, signal: AbortSignal) => Promise<SecureAnswer>

/** Fits into every path (DNS flag day 2020); what is larger comes over TCP. */
const udpBytes = 1232
const noSuchName = 3
const nameServerPort = 53

/**
 * Asks the DNS and believes proof by DNSSEC only. Node's own resolver does not tell the AD bit. That bit is a word of the
 * resolver (RFC 6840 5.8): it counts only from `trusted`, or from a resolver on this machine. undefined where there is
 * none: then nobody is asked. `servers` and `trusted` are `address:port`.
 */
export function openSecureLookup(
  servers: readonly string[] | undefined,
  trusted: string | undefined,
): SecureLookup | undefined {
  const [server] = trusted
    ? [readServer(trusted)]
    : (servers ?? getServers()).map(readServer).filter(({ address }) => isLoopback(address))
  if (!server) return undefined
  return async (name, type, signal) => {
    try {
      const query = {
        id: randomInt(0x1_0000),
        name: name.toLowerCase(),
        type: `UNKNOWN_${type}` as dns.RecordType,
      }
      const bytes = encodeQuery(query)
      const short = read(await askUdp(server, bytes, query, signal), query)
      const answer = short?.flag_tc ? read(await askTcp(server, bytes, signal), query) : short
      return answer ? judge(answer, query) : { kind: 'failed', reason: 'no-answer' }
    } catch {
      return { kind: 'failed', reason: 'no-answer' }
    }
  }
}

interface Server {
  readonly address: string
  readonly port: number
}

interface Query {
  readonly id: number
  readonly name: string
  readonly type: dns.RecordType
}

function readServer(text: string): Server {
  const [, address = text, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(isIPv6(text) ? `[${text}]:53` : text) ?? []
  return { address, port: Number(port ?? nameServerPort) }
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
}

function encodeQuery({ id, name, type }: Query): Buffer {
  return dns.encode({
    type: 'query',
    id,
    // RFC 6840 5.7: AD in a question says that we understand it in the answer.
    flags: dns.RECURSION_DESIRED | dns.AUTHENTIC_DATA,
    questions: [{ name, type, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: udpBytes,
        flags: dns.DNSSEC_OK,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: true,
        options: [],
      },
    ],
  })
}

/** undefined for what is no answer to this very question. */
function read(bytes: Buffer, { id, name, type }: Query): dns.DecodedPacket | undefined {
  try {
    const packet = dns.decode(bytes)
    const [question, ...more] = packet.questions ?? []
    const fits =
      packet.type === 'response' &&
      packet.id === id &&
      more.length === 0 &&
      question?.type === type &&
      question.name.toLowerCase() === name
    return fits ? packet : undefined
  } catch {
    return undefined
  }
}

function judge(packet: dns.DecodedPacket, { name, type }: Query): SecureAnswer {
  const code = (packet.flags ?? 0) & 0x0f
  if (code !== 0 && code !== noSuchName) return { kind: 'failed', reason: 'no-answer' }
  // RFC 1034 3.6.2: an alias leads on; the resolver puts its target into the same answer.
  const owners = new Set([name])
  for (const answer of packet.answers ?? []) {
    if (answer.type === 'CNAME' && owners.has(answer.name.toLowerCase()))
      owners.add(answer.data.toLowerCase())
  }
  const records = (packet.answers ?? []).flatMap((answer) =>
    answer.type === type && owners.has(answer.name.toLowerCase()) && 'data' in answer
      ? bytesOf(answer.data)
      : [],
  )
  // Without a proof "there is none" is believed, too: nothing comes of it.
  if (records.length === 0) return { kind: 'none' }
  return packet.flag_ad ? { kind: 'proven', records } : { kind: 'failed', reason: 'unproven' }
}

function bytesOf(data: unknown): readonly Uint8Array[] {
  return data instanceof Uint8Array ? [data] : []
}

/** The first datagram from the server that answers the question; what else arrives is forged or late. */
function askUdp(server: Server, bytes: Buffer, query: Query, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4')
    let isOver = false
    const end = (settle: () => void) => {
      // Closing a datagram socket twice throws.
      if (isOver) return
      isOver = true
      signal.removeEventListener('abort', onAbort)
      socket.close()
      settle()
    }
    const onAbort = () => end(() => reject(new Error('no answer in time')))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error) => end(() => reject(error)))
    socket.on('message', (message) => {
      if (read(message, query)) end(() => resolve(message))
    })
    socket.on('connect', () => {
      if (!isOver) socket.send(bytes)
    })
    // Connected, so that the system takes datagrams from this server only. Without a callback, which would get the errors.
    socket.connect(server.port, server.address)
  })
}

/** RFC 1035 4.2.2: two bytes of length before each message, so 64 KiB at most. */
function askTcp(server: Server, bytes: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port })
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      settle()
    }
    const onAbort = () => end(() => reject(new Error('no answer in time')))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    let received = Buffer.alloc(0)
    socket.on('error', (error) => end(() => reject(error)))
    socket.on('close', () => end(() => reject(new Error('closed without an answer'))))
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece])
      if (received.length < 2) return
      const size = received.readUInt16BE(0)
      if (received.length >= 2 + size) end(() => resolve(received.subarray(2, 2 + size)))
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(bytes.length)
    socket.write(Buffer.concat([length, bytes]))
  })
}
