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

/** Stages whose answer a filter can make the MTA wait for; the end of the message always is one. */
export type DecidingStage = 'connect' | 'helo' | 'mail' | 'recipient' | 'data'

/**
 * Changes that a filter may ask for at the end of the message. Values as in HeaderField: latin1 with their own
 * leading space, folds as CRLF and white space, no line above 998 characters. Changes and deletions are carried out
 * before additions, in an order in which they do not disturb each other.
 */
export type Edit =
  /** `index` 0 stands above everything, also above the MTA's own Received field. */
  | { readonly kind: 'insertHeader'; readonly index: number; readonly name: string; readonly value: string }
  | { readonly kind: 'addHeader'; readonly name: string; readonly value: string }
  /** `occurrence` counts from 1 among the fields of that name, as they came. */
  | {
      readonly kind: 'changeHeader'
      readonly name: string
      readonly occurrence: number
      readonly value: string
    }
  | { readonly kind: 'deleteHeader'; readonly name: string; readonly occurrence: number }

/**
 * A filter's answer to a stage. `continue` lets the MTA go on, `accept` ends filtering of this message. Refusals at
 * `connect` lose their text, since Sendmail takes none there; at `recipient` they concern this recipient only. Where
 * the MTA waits for no answer, a refusal is kept and given at the next stage of the message that is answered.
 */
export type StageAnswer = 'continue' | 'accept' | { readonly kind: 'refuse'; readonly reply: SmtpReply }

/**
 * A filter's answer to the end of the message. There is no discard and no quarantine. `body` replaces the body, in
 * pieces that are valid until the next one is asked for; if
 * reading it fails, the message is refused with the failure.
 */
export type FinalAnswer =
  | { readonly kind: 'accept'; readonly edits: readonly Edit[]; readonly body?: AsyncIterable<Uint8Array> }
  | { readonly kind: 'refuse'; readonly reply: SmtpReply }

/**
 * What the protocol library asks of a filter: one object per connection. The library answers on its behalf where
 * a method is missing and negotiates the matching NO flags. Strings are latin1; addresses keep their brackets, which
 * mail from sendmail(1) has not. Macros are those of the stage and of the stages before it: connection, HELO, MAIL.
 *
 * What a method throws is told to the client through `replyTo`. What `header`, `endOfHeader` and `body` throw is told
 * at the end of the message; nothing more of that message is passed on then.
 */
export interface ConnectionFilter {
  connect?(connection: Connection): StageAnswer | Promise<StageAnswer>
  helo?(name: string, macros: Macros): StageAnswer | Promise<StageAnswer>
  mail?(address: string, parameters: readonly string[], macros: Macros): StageAnswer | Promise<StageAnswer>
  recipient?(
    address: string,
    parameters: readonly string[],
    macros: Macros,
  ): StageAnswer | Promise<StageAnswer>
  data?(macros: Macros): StageAnswer | Promise<StageAnswer>
  /** `value` as in HeaderField: with its leading white space, folds as CRLF and white space. */
  header?(name: string, value: string): void
  endOfHeader?(): void
  /** The body in pieces cut anywhere, with CRLF line ends. A piece is valid during the call only. */
  body?(chunk: Uint8Array): void
  /**
   * `gone` is aborted when the MTA closes the connection or sends ABORT or QUIT meanwhile: nobody waits any more. The
   * answer is ignored then, and the next message may begin before this promise settles.
   */
  endOfMessage?(macros: Macros, gone: AbortSignal): Promise<FinalAnswer>
  /** The message is over, whatever became of it. Comes after a good message too, and may come twice. */
  abort?(): void
  /** The connection is over. */
  close?(): void
}
