import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { replyTo, TemporaryFailure } from '../failure.ts'
import { answerEndOfMessage } from './answer-end-of-message.ts'
import type { ConnectionFilter, DecidingStage, FinalAnswer, StageAnswer } from './filter.ts'
import { type Agreement, isUnanswered, negotiate } from './negotiation.ts'
import { type Command, parseCommand } from './parse-command.ts'
import { leadingSpace, type Stage } from './protocol.ts'
import { PacketReader } from './read-packet.ts'
import { SessionMacros } from './session-macros.ts'
import { continuePacket, writeStageAnswer } from './write-answer.ts'

/** Where an error happened: for the log. */
export interface ErrorContext {
  /** Counts the connections of a listener; undefined for the listener itself. */
  readonly connection: number | undefined
  /** The command in hand, such as `mail` or `endOfMessage`. */
  readonly stage: string
  readonly queueId: string | undefined
}

export interface SessionOptions {
  newFilter(): ConnectionFilter
  readonly decides: readonly DecidingStage[]
  readonly tcp: boolean
  readonly connection: number
  onError(error: unknown, context: ErrorContext): void
}

/**
 * What one connection may bring before the others have their turn. A peer that writes as fast as we read would keep us with
 * it for megabytes, and small mail would wait for large.
 */
const turnBytes = 128 * 1024

/** How far the message has come. `new`: nothing was negotiated; `idle`: no message has begun. */
type Phase = 'new' | 'idle' | 'envelope' | 'data' | 'header' | 'body'

/** Where a command of a message may come, and how far the message is then. Stages may be left out. */
const ways: Partial<Record<Command['kind'], { from: readonly Phase[]; to: Phase }>> = {
  recipient: { from: ['envelope'], to: 'envelope' },
  data: { from: ['envelope'], to: 'data' },
  header: { from: ['envelope', 'data', 'header'], to: 'header' },
  endOfHeader: { from: ['envelope', 'data', 'header'], to: 'body' },
  body: { from: ['envelope', 'data', 'header', 'body'], to: 'body' },
  endOfMessage: { from: ['envelope', 'data', 'header', 'body'], to: 'body' },
}

/**
 * One connection from an MTA. It carries many messages, one after the other; only what CONNECT and HELO told outlives
 * a message. Commands are handled in order, and nothing more is read while one waits for its answer. Whatever breaks
 * the protocol ends this connection: the MTA then does what `milter_default_action` says, tempfail.
 */
export class MilterSession {
  readonly #stream: Duplex
  readonly #options: SessionOptions
  readonly #reader = new PacketReader((chunk) => this.#giveBack(chunk))
  readonly #macros = new SessionMacros()
  #filter: ConnectionFilter
  #agreement: Agreement = { version: 0, actions: 0, protocol: 0 }
  #phase: Phase = 'new'
  #connected = false
  /** Kept answers: the MTA either did not wait for them, or they hold for all that follows. */
  #connectionVerdict: StageAnswer = 'continue'
  #messageVerdict: StageAnswer = 'continue'
  #stage: string = 'negotiate'
  #queueId: string | undefined
  /** A command waits for the filter or for the peer to read. */
  #busy = false
  /** Set while the end of a message is being decided; aborting it means that nobody waits for the answer. */
  #deciding: AbortController | undefined
  #stopping = false
  /** Bytes since others had their turn; undefined while they have it. */
  #turn: number | undefined = 0
  #ended = false

  constructor(stream: Duplex, options: SessionOptions) {
    this.#stream = stream
    this.#options = options
    this.#filter = options.newFilter()
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('end', () => (this.#deciding ? stream.destroy() : this.#end()))
    stream.on('error', (error) => this.#report(error))
    stream.on('close', () => this.#closed())
  }

  /** Ends the connection as soon as no message is under way. */
  stop(): void {
    this.#stopping = true
    if (!this.#busy) this.#work()
  }

  /** Ends the connection now; a message under way gets no answer. */
  destroy(): void {
    this.#stream.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return
    try {
      this.#reader.push(chunk)
      if (this.#deciding) this.#hearMeanwhile(this.#deciding)
      else if (!this.#busy) this.#work()
      this.#takeTurns(chunk.length)
    } catch (error) {
      this.#fail(error)
    }
  }

  #takeTurns(bytes: number): void {
    if (this.#turn === undefined || this.#ended) return
    if (this.#turn === 0) setImmediate(() => this.#nextTurn())
    this.#turn += bytes
    if (this.#turn < turnBytes) return
    this.#turn = undefined
    this.#stream.pause()
  }

  #nextTurn(): void {
    const rested = this.#turn === undefined
    this.#turn = 0
    // Who waits for an answer goes on listening, but for one who has spoken meanwhile.
    const listens = this.#deciding && this.#reader.waiting === 0
    if (rested && !this.#ended && (!this.#busy || listens)) this.#stream.resume()
  }

  /** The MTA should be waiting for our answer; if it speaks, it has given up or lost its way. */
  #hearMeanwhile(deciding: AbortController): void {
    const command = this.#reader.peek()
    if (command === undefined) return
    if (command !== 'A' && command !== 'Q' && command !== 'K') {
      throw new TemporaryFailure('5.0', 'Milter command before the answer to the last message')
    }
    this.#stream.pause()
    deciding.abort()
  }

  /** Handles what has arrived, up to the first command that must be waited for. */
  #work(): void {
    try {
      while (!this.#ended && !this.#busy) {
        if (this.#stopping && (this.#phase === 'idle' || this.#phase === 'new')) this.#end()
        const packet = this.#ended ? undefined : this.#reader.next()
        if (packet === undefined) {
          if (this.#phase === 'idle' || this.#phase === 'new') this.#reader.rest()
          return
        }
        const command = parseCommand(packet)
        this.#stage = command.kind
        const waiting = this.#handle(command)
        if (waiting !== undefined) this.#waitFor(waiting)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #waitFor(waiting: Promise<void>): void {
    this.#busy = true
    // At the end of a message we go on listening for an MTA that gives up. What came together with the end of the
    // message was sent before anybody could: it waits its turn.
    if (!this.#deciding || this.#reader.waiting > 0) this.#stream.pause()
    waiting.then(
      () => {
        this.#busy = false
        this.#work()
        if (!this.#busy) this.#stream.resume()
      },
      (error) => this.#fail(error),
    )
  }

  #handle(command: Command): Promise<void> | undefined {
    const early = this.#phase === 'new' && command.kind !== 'negotiate' && command.kind !== 'quit'
    if (early) throw outOfOrder(command)
    const way = ways[command.kind]
    if (way) {
      if (!way.from.includes(this.#phase)) throw outOfOrder(command)
      this.#phase = way.to
    }
    switch (command.kind) {
      case 'negotiate':
        return this.#negotiate(command)
      case 'macros':
        this.#macros.arrived(command.of, command.macros)
        return
      case 'connect': {
        if (this.#phase !== 'idle' || this.#connected) throw outOfOrder(command)
        this.#connected = true
        const { hostName, family, port, address } = command
        const connection = { hostName, family, port, address, macros: this.#macros.at('C') }
        return this.#ask('connect', () => this.#filter.connect?.(connection))
      }
      case 'helo': {
        // RFC 5321 4.1.4: EHLO within a transaction ends it as RSET does; Postfix says so with ABORT, others need not.
        this.#endMessage()
        const macros = this.#macros.at('H')
        return this.#ask('helo', () => this.#filter.helo?.(command.name, macros))
      }
      case 'mail': {
        this.#endMessage()
        this.#phase = 'envelope'
        const macros = this.#macrosAt('M')
        return this.#ask('mail', () => this.#filter.mail?.(command.address, command.parameters, macros))
      }
      case 'recipient': {
        const macros = this.#macrosAt('R')
        return this.#ask('recipient', () =>
          this.#filter.recipient?.(command.address, command.parameters, macros),
        )
      }
      case 'data': {
        const macros = this.#macrosAt('T')
        return this.#ask('data', () => this.#filter.data?.(macros))
      }
      case 'header': {
        const value = headerValue(command.value, this.#agreement)
        return this.#tell('header', () => this.#filter.header?.(command.name, value))
      }
      case 'endOfHeader':
        return this.#tell('endOfHeader', () => this.#filter.endOfHeader?.())
      case 'body':
        return this.#tell('body', () => this.#filter.body?.(command.chunk))
      case 'unknown':
        return isUnanswered('unknown', this.#agreement) ? undefined : this.#write(continuePacket)
      case 'endOfMessage':
        if (command.chunk.length > 0) this.#pass(() => this.#filter.body?.(command.chunk))
        return this.#endOfMessage()
      case 'abort':
        // Comes after every message, also after a good one, and expects no answer.
        if (this.#phase === 'idle') this.#guard(() => this.#filter.abort?.())
        this.#endMessage()
        this.#macros.endMessage()
        return
      case 'quitNewConnection':
        this.#endConnection()
        this.#filter = this.#options.newFilter()
        return
      case 'quit':
        this.#end()
        return
    }
  }

  #negotiate(offer: Command & { kind: 'negotiate' }): Promise<void> | undefined {
    if (this.#phase !== 'new') throw outOfOrder(offer)
    const { decides, tcp } = this.#options
    const { agreement, reply } = negotiate(offer, { filter: this.#filter, decides, tcp })
    this.#agreement = agreement
    this.#phase = 'idle'
    return this.#write(reply)
  }

  #macrosAt(of: 'M' | 'R' | 'T' | 'E'): ReturnType<SessionMacros['at']> {
    const macros = this.#macros.at(of)
    this.#queueId = macros.get('i') ?? this.#queueId
    return macros
  }

  /** Asks the filter, unless all has been said about this message, and answers where an answer is expected. */
  #ask(
    stage: DecidingStage,
    call: () => StageAnswer | Promise<StageAnswer> | undefined,
  ): Promise<void> | undefined {
    if (this.#messageVerdict !== 'continue') return this.#answer(stage, this.#messageVerdict)
    try {
      const answer = call() ?? 'continue'
      if (!(answer instanceof Promise)) return this.#answer(stage, answer)
      return answer.catch((error) => this.#refusal(error)).then((settled) => this.#answer(stage, settled))
    } catch (error) {
      return this.#answer(stage, this.#refusal(error))
    }
  }

  #answer(stage: DecidingStage, answer: StageAnswer): Promise<void> | undefined {
    const unanswered = isUnanswered(stage, this.#agreement)
    // A recipient that is refused to the client's face is not the message's matter.
    const ofRecipient = stage === 'recipient' && answer !== 'accept' && !unanswered
    if (answer !== 'continue' && !ofRecipient) {
      this.#messageVerdict = answer
      if (stage === 'connect' || stage === 'helo') this.#connectionVerdict = answer
    }
    return unanswered ? undefined : this.#write(writeStageAnswer(answer, stage === 'connect'))
  }

  /** Header and body: the filter has nothing to say until the end of the message. */
  #tell(stage: Stage, call: () => void): Promise<void> | undefined {
    this.#pass(call)
    return isUnanswered(stage, this.#agreement) ? undefined : this.#write(continuePacket)
  }

  #pass(call: () => void): void {
    if (this.#messageVerdict !== 'continue') return
    try {
      call()
    } catch (error) {
      this.#messageVerdict = this.#refusal(error)
    }
  }

  async #endOfMessage(): Promise<void> {
    const macros = this.#macrosAt('E')
    const deciding = new AbortController()
    this.#deciding = deciding
    try {
      await answerEndOfMessage({
        agreement: this.#agreement,
        gone: deciding.signal,
        decide: () => this.#finalAnswer(macros, deciding.signal),
        replyTo: (error) => this.#refusal(error).reply,
        answering: () => {
          this.#deciding = undefined
          this.#stream.pause()
        },
        write: (bytes) => this.#write(bytes),
        stuck: () => this.#stream.writableNeedDrain,
      })
    } finally {
      this.#deciding = undefined
    }
    // Without an answer the message is still under way, until ABORT or the end of the connection.
    if (deciding.signal.aborted) return
    this.#phase = 'idle'
    this.#messageVerdict = this.#connectionVerdict
  }

  async #finalAnswer(macros: ReturnType<SessionMacros['at']>, gone: AbortSignal): Promise<FinalAnswer> {
    const verdict = this.#messageVerdict
    if (verdict === 'continue' && this.#filter.endOfMessage) return this.#filter.endOfMessage(macros, gone)
    return typeof verdict === 'string' ? { kind: 'accept', edits: [] } : verdict
  }

  /** Undefined when written, a promise while the peer does not read our answers. */
  #write(bytes: Buffer): Promise<void> | undefined {
    if (this.#stream.destroyed || this.#stream.write(bytes)) return undefined
    return new Promise((resolve) => {
      const done = () => {
        this.#giveBack(bytes)
        this.#stream.off('drain', done)
        this.#stream.off('close', done)
        resolve()
      }
      this.#stream.on('drain', done)
      this.#stream.on('close', done)
    })
  }

  /**
   * The garbage collector lets 64 MiB of pieces pile up, and then stops everything to look through all there is. A socket
   * gives each chunk a buffer of its own and has copied what it wrote; what small packets share is left alone.
   */
  #giveBack(bytes: Buffer): void {
    const { buffer } = bytes
    if (!(this.#stream instanceof Socket) || !(buffer instanceof ArrayBuffer)) return
    if (buffer.byteLength === bytes.length) buffer.transfer(0)
  }

  #refusal(error: unknown): { kind: 'refuse'; reply: ReturnType<typeof replyTo> } {
    this.#report(error)
    return { kind: 'refuse', reply: replyTo(error) }
  }

  #report(error: unknown): void {
    const { connection, onError } = this.#options
    onError(error, { connection, stage: this.#stage, queueId: this.#queueId })
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#report(error)
    }
  }

  #fail(error: unknown): void {
    this.#report(error)
    this.#ended = true
    this.#stream.destroy()
  }

  /** What was written still goes out. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stream.end(() => this.#stream.destroy())
  }

  /** Forgets the message, and tells the filter if one was under way. The connection stays. */
  #endMessage(): void {
    const underWay = this.#phase !== 'idle' && this.#phase !== 'new'
    if (underWay) this.#phase = 'idle'
    this.#messageVerdict = this.#connectionVerdict
    this.#queueId = undefined
    if (underWay) this.#guard(() => this.#filter.abort?.())
  }

  #endConnection(): void {
    this.#endMessage()
    this.#macros.endConnection()
    this.#connected = false
    this.#connectionVerdict = 'continue'
    this.#messageVerdict = 'continue'
    this.#guard(() => this.#filter.close?.())
  }

  #closed(): void {
    this.#ended = true
    this.#deciding?.abort()
    this.#endConnection()
  }
}

/**
 * As in HeaderField. Without the agreement on leading space the MTA has eaten one: put it back, for nearly all fields
 * have it. A tab and a fold are not eaten.
 */
function headerValue(value: string, agreement: Agreement): string {
  const eaten = (agreement.protocol & leadingSpace) === 0 && value !== '' && !/^[\t\r\n]/.test(value)
  const folded = value.replace(/\r?\n/g, '\r\n')
  if (/\n(?![ \t])/.test(folded))
    throw new TemporaryFailure('5.0', 'Milter header value with a bare line end')
  return eaten ? ` ${folded}` : folded
}

function outOfOrder(command: Command): TemporaryFailure {
  return new TemporaryFailure('5.0', `Milter command ${command.kind} out of order`)
}
