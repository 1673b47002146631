import { once } from 'node:events'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'

/** A message as a receiving host took it, once for each recipient. */
export interface SunkMail {
  readonly sender: string
  readonly recipient: string
  /** Name of the receiving host. */
  readonly host: string
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** The message as it was on the wire. */
  readonly content: Buffer
  /** The same with Return-Path and Delivered-To in front. */
  readonly file: string
}

export interface MailSink extends AsyncDisposable {
  readonly port: number
  received(): readonly SunkMail[]
}

export interface MailSinkOptions {
  readonly address: string
  /** 0 = a free one. */
  readonly port: number
  readonly hostName: string
  /** Where the files go; sinks may share it. */
  readonly folder: string
  /** PEM; without it STARTTLS is not offered. */
  readonly tls?: { readonly key: string; readonly certificate: string }
  /** Recipients that are refused, with the reply to them. */
  readonly refuse?: (recipient: string) => { readonly code: number; readonly text: string } | undefined
}

/** Above what a test or a demonstration sends, so that a loop cannot fill memory. */
const maxMessageBytes = 100 * 1024 * 1024
let serial = 0

/** A mail host that takes everything and writes one file for each message and recipient. */
export async function startMailSink(options: MailSinkOptions): Promise<MailSink> {
  mkdirSync(options.folder, { recursive: true })
  const received: SunkMail[] = []
  const server = new SMTPServer({
    name: options.hostName,
    banner: 'receives for a demonstration',
    authOptional: true,
    disabledCommands: options.tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    ...(options.tls ? { key: options.tls.key, cert: options.tls.certificate } : {}),
    disableReverseLookup: true,
    logger: false,
    size: maxMessageBytes,
    closeTimeout: 500,
    onRcptTo(address, _session, callback) {
      const refusal = options.refuse?.(address.address)
      callback(refusal ? Object.assign(new Error(refusal.text), { responseCode: refusal.code }) : null)
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk)
      })
      stream.on('error', callback)
      stream.on('end', () => {
        if (stream.sizeExceeded) {
          callback(Object.assign(new Error('Message too large'), { responseCode: 552 }))
          return
        }
        const { mailFrom, rcptTo } = session.envelope
        const sender = mailFrom ? mailFrom.address : ''
        for (const { address } of rcptTo) {
          const mail = { sender, recipient: address, host: options.hostName, secure: session.secure }
          const content = Buffer.concat(chunks)
          received.push({ ...mail, content, file: write(options.folder, mail, content) })
        }
        callback(null, 'taken')
      })
    },
  })
  // A peer that breaks off is nothing special here.
  server.on('error', () => {})
  const listener: Server = server.listen(options.port, options.address)
  await once(listener, 'listening')
  return {
    port: (listener.address() as { port: number }).port,
    received: () => received,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function write(folder: string, mail: Pick<SunkMail, 'sender' | 'recipient'>, content: Buffer): string {
  serial += 1
  const time = new Date().toISOString().replaceAll(/[-:]/g, '')
  const recipient = mail.recipient.replaceAll(/[^A-Za-z0-9@._+-]/g, '_').slice(0, 100)
  const file = join(folder, `${time}-${recipient}-${serial}.eml`)
  const head = `Return-Path: <${mail.sender}>\r\nDelivered-To: ${mail.recipient}\r\n`
  // Renamed when whole: whoever watches the folder never sees half a message.
  writeFileSync(`${file}.part`, Buffer.concat([Buffer.from(head, 'latin1'), content]))
  renameSync(`${file}.part`, file)
  return file
}
