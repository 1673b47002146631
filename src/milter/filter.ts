import type { SmtpReply } from '../failure.ts'

/** Macros of one stage, names without braces ("i", "client_addr"). */
export type Macros = ReadonlyMap<string, string>

/** CONNECT: who talks to the MTA. `family` as on the wire. */
export interface Connection {
  readonly hostName: string
  readonly family: 'unknown' | 'unix' | 'inet' | 'inet6'
  readonly port: number
  readonly address: string
  readonly macros: Macros
}

/** Changes that a filter may ask for at the end of the message. Values are latin1, with their own leading space. */
export type Edit =
  /** `index` 0 stands above everything, also above the MTA's own Received field. */
  | { readonly kind: 'insertHeader'; readonly index: number; readonly name: string; readonly value: string }
  | { readonly kind: 'addHeader'; readonly name: string; readonly value: string }
  /** `occurrence` counts from 1 among the fields of that name, as they came. */
  | { readonly kind: 'changeHeader'; readonly name: string; readonly occurrence: number; readonly value: string }
  | { readonly kind: 'deleteHeader'; readonly name: string; readonly occurrence: number }

/** A filter's answer to a stage. `continue` lets the MTA go on, `accept` ends filtering of this message. */
export type StageAnswer = 'continue' | 'accept' | { readonly kind: 'refuse'; readonly reply: SmtpReply }

/** A filter's answer to the end of the message. There is no discard and no quarantine. */
export type FinalAnswer =
  | { readonly kind: 'accept'; readonly edits: readonly Edit[]; readonly body?: AsyncIterable<Uint8Array> }
  | { readonly kind: 'refuse'; readonly reply: SmtpReply }

/**
 * What the protocol library asks of a filter: one object per connection. The library answers on its behalf where
 * a method is missing and negotiates the matching NO flags. Strings are latin1; addresses keep their brackets.
 */
export interface ConnectionFilter {
  connect?(connection: Connection): StageAnswer | Promise<StageAnswer>
  helo?(name: string, macros: Macros): StageAnswer | Promise<StageAnswer>
  mail?(address: string, parameters: readonly string[], macros: Macros): StageAnswer | Promise<StageAnswer>
  recipient?(address: string, parameters: readonly string[], macros: Macros): StageAnswer | Promise<StageAnswer>
  data?(macros: Macros): StageAnswer | Promise<StageAnswer>
  header?(name: string, value: string): void
  endOfHeader?(): void
  body?(chunk: Uint8Array): void
  /** `gone` is aborted when the MTA closes the connection or sends ABORT or QUIT meanwhile: nobody waits any more. */
  endOfMessage?(macros: Macros, gone: AbortSignal): Promise<FinalAnswer>
  /** The message is over, whatever became of it. Comes after a good message too, and may come twice. */
  abort?(): void
  /** The connection is over. */
  close?(): void
}
