import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Client, EqualityFilter } from 'ldapts'

export interface LdapDirectory {
  /** `ldaps://HOST[:PORT]`, or `ldap://HOST[:PORT]`, which is upgraded to TLS before anything is asked. */
  readonly url: string
  /** Distinguished name below which people are looked for. */
  readonly base: string
  /** PEM of the authorities that its TLS certificate is believed by; left out: those that Node brings along. */
  readonly authorities?: readonly string[]
}

/** Five people with some certificates each, and what comes with them. */
const mostBytes = 512 * 1024
const mostEntries = 5
const timeLimitMs = 5000

/** RFC 4523 2.1 and RFC 2798 2.8: single certificates, and PKCS#7 with the chain. Not all directories name `;binary`. */
const attributes = [
  'userCertificate;binary',
  'userSMIMECertificate;binary',
  'userCertificate',
  'userSMIMECertificate',
]

/** The values of the certificate attributes of everybody with this `mail`, over TLS only. Throws what goes wrong. */
export async function ldapSearch(
  { url, base, authorities }: LdapDirectory,
  mail: string,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  signal.throwIfAborted()
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const isTls = url.toLowerCase().startsWith('ldaps:')
  const tls = {
    host,
    minVersion: 'TLSv1.2' as const,
    ...(isIP(host) ? {} : { servername: host }),
    ...(authorities ? { ca: [...authorities] } : {}),
  }
  const sockets: Socket[] = []
  const inClear: Uint8Array[] = []
  let received = 0
  // The library collects whatever comes: so the sockets are ours, and end where the limit does.
  const watched = <Kind extends Socket>(socket: Kind, kept?: Uint8Array[]): Kind => {
    sockets.push(socket)
    socket.on('data', (piece: Uint8Array) => {
      received += piece.length
      if (received > mostBytes) socket.destroy(new Error('too large'))
      else kept?.push(piece)
    })
    return socket
  }
  const client = new Client({
    url,
    timeout: timeLimitMs,
    connectTimeout: timeLimitMs,
    // With these options the library begins with TLS whatever the URL says.
    ...(isTls ? { tlsOptions: tls } : {}),
    createConnection: ((port: number) =>
      watched(connectTcp(port, host), inClear)) as unknown as typeof connectTcp,
    createSecureConnection: ((...options: Parameters<typeof connectTls>) =>
      watched(connectTls(...options))) as typeof connectTls,
  })
  const close = () => {
    // TLS before the connection below it.
    for (const socket of sockets.toReversed()) socket.destroy()
  }
  signal.addEventListener('abort', close, { once: true })
  try {
    if (!isTls) {
      await client.startTLS(tls)
      // Whatever somebody put behind the answer in the clear would be read as if it had come inside TLS.
      if (!isOneMessage(Buffer.concat(inClear))) throw new Error('more than an answer to StartTLS')
    }
    const { searchEntries } = await client.search(base, {
      scope: 'sub',
      // A filter as an object: nothing in the address can become syntax.
      filter: new EqualityFilter({ attribute: 'mail', value: mail }),
      attributes,
      explicitBufferAttributes: attributes,
      sizeLimit: mostEntries,
      timeLimit: timeLimitMs / 1000,
    })
    return searchEntries.slice(0, mostEntries).flatMap((entry) =>
      attributes.flatMap((attribute) => {
        const value: unknown = entry[attribute]
        return (Array.isArray(value) ? value : [value]).filter((one) => one instanceof Uint8Array)
      }),
    )
  } finally {
    signal.removeEventListener('abort', close)
    close()
  }
}

/** Whether these bytes are one BER element and nothing behind it (RFC 4511 5.1: definite lengths only). */
function isOneMessage(bytes: Buffer): boolean {
  const first = bytes[1]
  if (first === undefined) return false
  if (first < 0x80) return bytes.length === 2 + first
  const count = first & 0x7f
  return count <= 4 && bytes.length >= 2 + count && bytes.length === 2 + count + bytes.readUIntBE(2, count)
}
