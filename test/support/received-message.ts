import { createHash } from 'node:crypto'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { parseHeader } from '../../src/message/header.ts'
import { MimeScanner } from '../../src/message/mime-scanner.ts'
import type { Client, ReceivedMessage } from '../../src/message/received-message.ts'

/** What a test changes about `receivedMessage`. */
export type ReceivedChange = Partial<Omit<ReceivedMessage, 'client'>> & { readonly client?: Partial<Client> }

/** A message as the milter would hand it over: text lines get CRLF, bytes are taken as they are. */
export function receivedMessage(content: string | Uint8Array, change: ReceivedChange = {}): ReceivedMessage {
  const bytes =
    typeof content === 'string' ? Buffer.from(content.replace(/\r?\n/g, '\r\n')) : Buffer.from(content)
  const blank = bytes.indexOf('\r\n\r\n')
  const bodyStart = bytes.indexOf('\r\n') === 0 ? 2 : blank < 0 ? bytes.length : blank + 4
  const scanner = new MimeScanner()
  scanner.push(bytes)
  return {
    id: '0123456789ABCDEF',
    direction: 'inbound',
    queueId: '4XyZ',
    mtaName: 'mx.kanzlei.example',
    sender: 'ann@partner.example',
    recipients: ['bob@kanzlei.example'],
    source: bytesInMemory(bytes),
    fields: parseHeader(bytes.subarray(0, bodyStart)).fields,
    bodyStart,
    tree: scanner.end(),
    digest: createHash('sha256').update(bytes).digest('hex'),
    receivedAt: new Date('2026-11-21T12:00:00Z'),
    ...change,
    client: {
      address: '192.0.2.1',
      hostName: 'mail.partner.example',
      reverse: 'verified',
      helo: 'mail.partner.example',
      tls: undefined,
      login: undefined,
      ...change.client,
    },
  }
}
