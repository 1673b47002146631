import type { ByteSource } from './byte-source.ts'
import type { ClientFacts } from './facts.ts'
import type { HeaderField } from './header-field.ts'
import type { MimeTree } from './mime-part.ts'

/** Who handed the message to Postfix, as the milter macros and CONNECT told. */
export interface Client {
  /** Textual IP address without brackets or the IPv6: prefix; undefined for local and unknown peers. */
  readonly address: string | undefined
  /** Reverse name that Postfix verified forward, undefined if it has none. */
  readonly hostName: string | undefined
  /** What came of resolving that name: `none` also where it leads elsewhere, `unknown` where the DNS did not say. */
  readonly reverse: ClientFacts['reverse']
  readonly helo: string
  readonly tls: { readonly version: string; readonly cipher: string; readonly bits: number } | undefined
  /** SASL login, from {auth_authen}. */
  readonly login: string | undefined
}

export type Direction = 'inbound' | 'outbound'

/** A whole message as Postfix told it, before anything was decided. */
export interface ReceivedMessage {
  /** Our own name for it, XXXX-XXXX-XXXX in Crockford base32: in the log, in replies and in stored rows. */
  readonly id: string
  readonly direction: Direction
  /** Postfix's name for the message. */
  readonly queueId: string | undefined
  /** The host name of the MTA, from macro {j}: our authserv-id (RFC 8601 2.5). */
  readonly mtaName: string
  readonly client: Client
  /** RFC 5321 reverse-path without brackets; '' is the null reverse-path. */
  readonly sender: string
  /** Forward-paths without brackets, as the client wrote them, never empty. */
  readonly recipients: readonly string[]
  /** Header and body as one: the fields as they came, CRLF, the body. Postfix's own Received field is not part of it. */
  readonly source: ByteSource
  readonly fields: readonly HeaderField[]
  /** Offset of the first byte behind the blank line. */
  readonly bodyStart: number
  readonly tree: MimeTree
  /** SHA-256 of `source` in hex: with a recipient it keys every effect, because a deferred client comes again. */
  readonly digest: string
  readonly receivedAt: Date
}
