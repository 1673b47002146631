import { createHash, type Hash } from 'node:crypto'
import { PermanentFailure, replyTo } from '../failure.ts'
import type { SpoolWriter, Workspace } from '../message/byte-source.ts'
import type { HeaderField } from '../message/header-field.ts'
import { MimeScanner } from '../message/mime-scanner.ts'
import type { Client, Direction, ReceivedMessage } from '../message/received-message.ts'
import type { Connection, ConnectionFilter, FinalAnswer, Macros, StageAnswer } from '../milter/filter.ts'

/** What becomes of the messages of one listener. */
export interface MessageHandling {
  readonly direction: Direction
  readonly now: () => Date
  readonly newId: () => string
  /** A place for the bytes of one message, removed when the message is over. */
  readonly openWorkspace: () => Workspace
  /** Called when a client connects, and when it names a sender: what will be asked about them can be asked already. */
  readonly askAhead?: (client: Client, sender: string | undefined) => void
  /** Called at RCPT, with what came before it. */
  readonly acceptRecipient?: (transaction: Transaction, recipient: string) => Promise<StageAnswer>
  readonly answer: (message: ReceivedMessage, workspace: Workspace, gone: AbortSignal) => Promise<FinalAnswer>
  /** Called at the end of a message that asks for more than we have, such as thousands of parts: what its sender is told. */
  readonly refuse?: (
    transaction: Transaction & { readonly queueId: string | undefined },
    failure: PermanentFailure,
  ) => Promise<FinalAnswer>
  readonly onError: (error: unknown, where: string) => void
}

/** What is known of a message before it comes. */
export interface Transaction {
  readonly client: Client
  /** Without brackets; '' is the null reverse-path. */
  readonly sender: string
  /** Those that were let in so far. */
  readonly recipients: readonly string[]
}

const unknownClient: Client = {
  address: undefined,
  hostName: undefined,
  reverse: 'unknown',
  helo: '',
  tls: undefined,
  login: undefined,
}

/** One connection from Postfix. It carries many messages; only what `connect` and `helo` told outlives a message. */
export function collectMessages(handling: MessageHandling): ConnectionFilter {
  let connected = unknownClient
  let mtaName = ''
  let incoming: IncomingMessage | undefined
  /** Answered with a new body that Postfix may not have read to its end, or never begins to. */
  let unsent: IncomingMessage | undefined
  const forget = () => {
    incoming?.discard(handling.onError)
    unsent?.discard(handling.onError)
    incoming = unsent = undefined
  }
  return {
    connect(connection) {
      connected = clientOf(connection)
      mtaName = connection.macros.get('j') ?? ''
      handling.askAhead?.(connected, undefined)
      return 'continue'
    },
    helo(name, macros) {
      connected = { ...connected, helo: name, tls: tlsOf(macros) ?? connected.tls }
      return 'continue'
    },
    mail(address, _parameters, macros) {
      forget()
      const client = {
        ...connected,
        tls: tlsOf(macros) ?? connected.tls,
        login: macros.get('auth_authen') || undefined,
      }
      incoming = new IncomingMessage(client, withoutBrackets(address), handling.openWorkspace())
      handling.askAhead?.(client, incoming.sender)
      return 'continue'
    },
    async recipient(address) {
      if (!incoming) return 'continue'
      const recipient = withoutBrackets(address)
      const verdict = (await handling.acceptRecipient?.(incoming, recipient)) ?? 'continue'
      if (verdict === 'continue') incoming.recipients.push(recipient)
      return verdict
    },
    header(name, value) {
      incoming?.field(name, value)
    },
    endOfHeader() {
      incoming?.endOfHeader()
    },
    body(chunk) {
      incoming?.body(chunk)
    },
    async endOfMessage(macros, gone) {
      const message = incoming
      incoming = undefined
      // Postfix asks about the end only after MAIL and RCPT; anything else is a broken peer, which must come again.
      if (!message || message.recipients.length === 0) return { kind: 'refuse', reply: replyTo(undefined) }
      try {
        const received = message.complete({
          id: handling.newId(),
          direction: handling.direction,
          queueId: macros.get('i'),
          mtaName: macros.get('j') ?? mtaName,
          receivedAt: handling.now(),
        })
        const answer = await handling.answer(received, message.workspace, gone)
        if (answer.kind === 'refuse' || !answer.body || gone.aborted) {
          message.discard(handling.onError)
          return answer
        }
        // A new body is read from the spool while it is written to Postfix: the spool lives until then.
        unsent = message
        return { ...answer, body: andThen(answer.body, () => message.discard(handling.onError)) }
      } catch (error) {
        message.discard(handling.onError)
        handling.onError(error, 'end of message')
        if (error instanceof PermanentFailure && handling.refuse) {
          const { client, sender, recipients } = message
          return handling.refuse({ client, sender, recipients, queueId: macros.get('i') }, error)
        }
        return { kind: 'refuse', reply: replyTo(error) }
      }
    },
    abort: forget,
    close: forget,
  }
}

async function* andThen(body: AsyncIterable<Uint8Array>, finished: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } finally {
    finished()
  }
}

class IncomingMessage {
  readonly client: Client
  readonly sender: string
  readonly recipients: string[] = []
  readonly workspace: Workspace
  readonly #spool: SpoolWriter
  readonly #scanner = new MimeScanner()
  readonly #digest: Hash = createHash('sha256')
  readonly #fields: HeaderField[] = []
  #bytes = 0
  #bodyStart: number | undefined
  #discarded = false
  /** Told at the end, where whoever reads the answer has all that he needs; nothing more is kept until then. */
  #tooMuch: PermanentFailure | undefined

  constructor(client: Client, sender: string, workspace: Workspace) {
    this.client = client
    this.sender = sender
    this.workspace = workspace
    this.#spool = workspace.writer()
  }

  field(name: string, value: string): void {
    if (!this.#tooMuch) this.#fields.push({ name, value })
    this.#write(Buffer.from(`${name}:${value}\r\n`, 'latin1'))
  }

  endOfHeader(): void {
    if (this.#bodyStart !== undefined) return
    this.#write(Buffer.from('\r\n'))
    this.#bodyStart = this.#bytes
  }

  body(chunk: Uint8Array): void {
    this.endOfHeader()
    this.#write(chunk)
  }

  complete(
    told: Pick<ReceivedMessage, 'id' | 'direction' | 'queueId' | 'mtaName' | 'receivedAt'>,
  ): ReceivedMessage {
    this.endOfHeader()
    if (this.#tooMuch) throw this.#tooMuch
    return {
      ...told,
      client: this.client,
      sender: this.sender,
      recipients: this.recipients,
      source: this.#spool.finish(),
      fields: this.#fields,
      bodyStart: this.#bodyStart ?? this.#bytes,
      tree: this.#scanner.end(),
      digest: this.#digest.digest('hex'),
    }
  }

  discard(onError: (error: unknown, where: string) => void): void {
    if (this.#discarded) return
    this.#discarded = true
    Promise.resolve(this.workspace[Symbol.asyncDispose]()).catch((error: unknown) =>
      onError(error, 'removing a spool'),
    )
  }

  #write(bytes: Uint8Array): void {
    if (this.#tooMuch) return
    try {
      this.#spool.write(bytes)
      this.#scanner.push(bytes)
    } catch (error) {
      if (!(error instanceof PermanentFailure)) throw error
      this.#tooMuch = error
      return
    }
    this.#digest.update(bytes)
    this.#bytes += bytes.length
  }
}

function clientOf(connection: Connection): Client {
  const isAddress = connection.family === 'inet' || connection.family === 'inet6'
  const address = connection.address.replace(/^IPv6:/i, '')
  // Postfix sends `[192.0.2.1]` or `unknown` for a client without a verified name.
  const isNamed = connection.hostName !== 'unknown' && !connection.hostName.startsWith('[')
  const reverse = isAddress ? reverseOf(isNamed, connection.macros.get('client_resolve')) : 'unknown'
  return {
    ...unknownClient,
    address: isAddress ? address : undefined,
    hostName: isNamed && (!isAddress || reverse === 'verified') ? connection.hostName : undefined,
    reverse,
  }
}

/** Postfix and Sendmail resolve the name there and back, and tell by {client_resolve}: OK, FAIL, FORGED, TEMP. */
function reverseOf(isNamed: boolean, resolved: string | undefined): Client['reverse'] {
  switch (resolved) {
    case undefined:
      return isNamed ? 'verified' : 'unknown'
    case 'OK':
      return isNamed ? 'verified' : 'none'
    case 'FAIL':
    case 'FORGED':
      return 'none'
    default:
      return 'unknown'
  }
}

function tlsOf(macros: Macros): Client['tls'] {
  const version = macros.get('tls_version')
  if (!version) return undefined
  return { version, cipher: macros.get('cipher') ?? '', bits: Number(macros.get('cipher_bits') ?? 0) }
}

/** MAIL and RCPT give `<a@b>`; sendmail(1) gives `a@b` (milter protocol as Postfix speaks it). */
function withoutBrackets(path: string): string {
  return path.startsWith('<') && path.endsWith('>') ? path.slice(1, -1) : path
}
