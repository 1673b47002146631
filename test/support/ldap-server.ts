import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { BerReader, BerWriter } from 'ldapts'
import { makeCertificate } from './make-certificate.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Values of one entry by attribute, as it is named in answers. */
export type LdapEntry = Readonly<Record<string, readonly Uint8Array[]>>

export interface LdapServer extends AsyncDisposable {
  readonly port: number
  /** PEM of the authority of its TLS certificate, which is for 127.0.0.1. */
  readonly authority: string
  /** What was asked inside TLS, such as `o=partner mail=bob@partner.example`. */
  readonly asked: readonly string[]
  /** Operations that came in the clear: 119 is StartTLS (RFC 4511 4.14). */
  readonly inClear: readonly number[]
}

export interface LdapServerOptions {
  readonly tls: 'ldaps' | 'starttls' | 'refused' | 'injected'
  /** Entries of a mail address. */
  readonly find: (mail: string) => readonly LdapEntry[]
  /** Result code at the end of a search (RFC 4511 4.1.9). */
  readonly result?: number
  /** What to do instead of answering a search. */
  readonly instead?: (socket: Socket) => void
}

const searchRequest = 0x63
const extendedRequest = 0x77

/** The little of an LDAP server that a search by mail address needs (RFC 4511). */
export async function startLdapServer(options: LdapServerOptions): Promise<LdapServer> {
  using folder = temporaryFolder()
  const made = makeCertificate(folder.path, {
    name: 'ldap',
    extensions: ['basicConstraints=critical,CA:TRUE', 'subjectAltName=IP:127.0.0.1'],
  })
  const tls = { key: readFileSync(made.keyFile), cert: readFileSync(made.certificateFile) }
  const asked: string[] = []
  const inClear: number[] = []
  const sockets = new Set<Socket>()

  function converse(socket: Socket, isSecure: boolean): void {
    let received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      const reader = new BerReader(received)
      if (reader.readSequence() === null || reader.remain < reader.length) return
      received = received.subarray(reader.offset + reader.length)
      const id = reader.readInt() ?? 0
      const operation = reader.readSequence() ?? 0
      if (!isSecure) inClear.push(operation)
      if (operation === extendedRequest) secure(socket, id)
      else if (operation === searchRequest && isSecure) search(socket, id, reader)
      // Anything else is the end (RFC 4511 4.3).
      else socket.destroy()
    })
  }

  function secure(socket: Socket, id: number): void {
    const answer = result(id, 0x78, options.tls === 'refused' ? 52 : 0)
    // A forged answer to the search that will come inside TLS, sent ahead by whoever sits on the line.
    const forged = options.tls === 'injected' ? result(id + 1, 0x65, 0) : Buffer.alloc(0)
    socket.removeAllListeners('data')
    socket.write(Buffer.concat([answer, forged]))
    if (options.tls === 'refused') converse(socket, false)
    else converse(secured(socket), true)
  }

  function secured(socket: Socket): TLSSocket {
    const around = new TLSSocket(socket, { isServer: true, ...tls })
    // The outer one closes the inner one; the other way round Node can crash while it still writes.
    sockets.delete(socket)
    sockets.add(around)
    around.on('close', () => sockets.delete(around))
    return around
  }

  function search(socket: Socket, id: number, reader: BerReader): void {
    const base = reader.readString() ?? ''
    reader.readEnumeration()
    reader.readEnumeration()
    reader.readInt()
    reader.readInt()
    reader.readBoolean()
    // EqualityMatch is [3] (RFC 4511 4.5.1.7).
    reader.readSequence(0xa3)
    const attribute = reader.readString() ?? ''
    const value = reader.readString() ?? ''
    asked.push(`${base} ${attribute}=${value}`)
    if (options.instead) {
      options.instead(socket)
      return
    }
    for (const entry of options.find(value)) socket.write(entryMessage(id, entry))
    socket.write(result(id, 0x65, options.result ?? 0))
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    if (options.tls === 'ldaps') converse(secured(socket), true)
    else converse(socket, false)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    authority: made.certificate.pem,
    asked,
    inClear,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function result(id: number, operation: number, code: number): Buffer {
  return message(id, operation, (writer) => {
    writer.writeEnumeration(code)
    writer.writeString('')
    writer.writeString('')
  })
}

function entryMessage(id: number, entry: LdapEntry): Buffer {
  return message(id, 0x64, (writer) => {
    writer.writeString('cn=somebody')
    writer.startSequence()
    for (const [name, values] of Object.entries(entry)) {
      writer.startSequence()
      writer.writeString(name)
      writer.startSequence(0x31)
      for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04)
      writer.endSequence()
      writer.endSequence()
    }
    writer.endSequence()
  })
}

function message(id: number, operation: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(operation)
  write(writer)
  writer.endSequence()
  writer.endSequence()
  return writer.buffer
}
