import { chmod, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { driverSources, sandboxCommand } from './confinement.ts'
import type { ConversionFailure, ConversionResult } from './converter.ts'
import { DriverProcess } from './driver-process.ts'
import { expandsTooFar } from './expanded-size.ts'
import { FrameReader, writeFrame } from './frames.ts'
import { type DriverLimits, libreOfficeLimits, limits, weasyPrintLimits } from './limits.ts'
import { PdfCleaner } from './pdf-cleaner.ts'
import { type Confinement, probeConfinement } from './probe-confinement.ts'
import { type Answer, type ConverterStatus, Request } from './protocol.ts'
import { type JobResult, WorkerPool } from './worker-pool.ts'

/** What happens in the converter, for its log. Nothing in it comes from a document. */
export type ConverterEvent =
  /** With `rung` undefined nothing is converted: somebody has to be told. */
  | { readonly kind: 'confined'; readonly confinement: Confinement }
  | { readonly kind: 'start-failed'; readonly driver: 'office' | 'html'; readonly reason: string }
  | {
      readonly kind: 'converted'
      readonly what: string
      readonly bytes: number
      readonly milliseconds: number
    }
  | {
      readonly kind: 'failed'
      readonly what: string
      readonly bytes: number
      readonly reason: ConversionFailure
    }
  /** A bug of ours; the gateway was told `unavailable`. */
  | { readonly kind: 'error'; readonly error: unknown }

export interface ConverterSettings {
  /** Path of the unix socket. Its folder decides who may connect; the socket itself is for user and group. */
  readonly listen: string
  /** LibreOffice workers beside two spare ones: one on each core, two at most, unless said otherwise. */
  readonly workers?: number
  readonly onEvent: (event: ConverterEvent) => void
}

export interface RunningConverter extends AsyncDisposable {
  /** Resolves when the confinement has been tried; jobs that come before wait for it. */
  readonly confined: Promise<Confinement>
}

/** Serves conversions on a unix socket until it is disposed of; then everything that it started is gone. */
export async function serveConverter(settings: ConverterSettings): Promise<RunningConverter> {
  const zone = new ConversionZone(settings)
  const connections = new Set<Socket>()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    socket.on('error', () => {})
    void zone.serve(socket)
  })
  server.maxConnections = limits.waitingJobs * 2
  try {
    await removeStaleSocket(settings.listen)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(settings.listen, resolve)
    })
    await chmod(settings.listen, 0o660)
  } catch (error) {
    await zone.close()
    throw error
  }
  return {
    confined: zone.confined,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of connections) socket.destroy()
      await Promise.all([closed, zone.close()])
    },
  }
}

/** A socket file that nobody listens on is left from a converter that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  if (refused) await rm(path, { force: true })
}

class ConversionZone {
  readonly confined: Promise<Confinement>
  readonly #onEvent: (event: ConverterEvent) => void
  readonly #closing = new AbortController()
  readonly #cleaner = new PdfCleaner()
  readonly #failed = new Map<ConversionFailure, number>()
  #confinement: Confinement | undefined
  #office: WorkerPool | undefined
  #html: WorkerPool | undefined
  #converted = 0
  #heldBytes = 0

  constructor(settings: ConverterSettings) {
    this.#onEvent = settings.onEvent
    this.confined = this.#confine(settings.workers ?? Math.min(2, availableParallelism()))
    // Whoever waits for it hears of it; nobody has to.
    this.confined.catch(() => {})
  }

  async #confine(workers: number): Promise<Confinement> {
    const isRoot = process.getuid?.() === 0
    const confinement = await probeConfinement(isRoot, this.#closing.signal)
    const { rung } = confinement
    this.#confinement = confinement
    this.#onEvent({ kind: 'confined', confinement })
    if (rung === undefined || this.#closing.signal.aborted) return confinement
    const pool = (driver: 'office' | 'html', size: number, source: string, driverLimits: DriverLimits) =>
      new WorkerPool(
        size,
        (signal) =>
          DriverProcess.start(sandboxCommand(rung, isRoot, source, driverLimits), driverLimits, signal),
        (error) => this.#onEvent({ kind: 'start-failed', driver, reason: String(error) }),
      )
    // One more than work at once when all goes well: then three endless documents leave a warm worker for a fourth.
    this.#office = pool('office', workers + 1, driverSources.libreOffice, libreOfficeLimits)
    this.#html = pool('html', 1, driverSources.weasyPrint, weasyPrintLimits)
    return confinement
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.confined.catch(() => {})
    await Promise.all([this.#office?.close(), this.#html?.close(), this.#cleaner.close()])
  }

  /** One connection: a request, its answer, the end. Whoever hangs up takes its job along. */
  async serve(socket: Socket): Promise<void> {
    const gone = new AbortController()
    // Much slower than any disk on this machine: such a gateway is stuck.
    let slow = setTimeout(() => socket.destroy(), 60_000)
    try {
      const reader = new FrameReader(socket)
      const request = Request.safeParse(await reader.line())
      if (!request.success) return
      if (request.data.kind === 'status') {
        await writeFrame(socket, this.#status())
        return
      }
      const received = () => {
        clearTimeout(slow)
        // Nothing more is to come: the end, an error and further bytes all mean that nobody waits for the answer.
        reader.line().then(
          () => gone.abort(),
          () => gone.abort(),
        )
      }
      const result = await this.#receive(request.data, reader, received, gone.signal)
      slow = setTimeout(() => socket.destroy(), 60_000)
      const answer: Answer =
        result.kind === 'converted'
          ? { kind: 'converted', size: result.pdf.length, pages: result.pages, cut: result.cut }
          : { kind: 'failed', reason: result.reason }
      await writeFrame(socket, answer, result.kind === 'converted' ? [result.pdf] : [])
    } catch {
      // The connection ended, or the other side does not speak our protocol: nobody is left to be told.
    } finally {
      clearTimeout(slow)
      socket.end()
    }
  }

  async #receive(
    request: Exclude<Request, { kind: 'status' }>,
    reader: FrameReader,
    onReceived: () => void,
    signal: AbortSignal,
  ): Promise<ConversionResult> {
    const { size } = request
    if (size > limits.documentBytes) return failed('too-large')
    if (this.#heldBytes + size > limits.heldBytes) {
      await reader.skip(size) // the gateway hears the answer when it has sent its document
      return failed('busy')
    }
    this.#heldBytes += size
    const began = performance.now()
    const what = request.kind === 'convert' ? request.office : 'html'
    try {
      const document = await reader.bytes(size)
      onReceived()
      const result = await this.#convert(request, document, signal)
      if (result.kind === 'converted') {
        this.#converted += 1
        this.#onEvent({
          kind: 'converted',
          what,
          bytes: size,
          milliseconds: Math.round(performance.now() - began),
        })
      } else {
        this.#failed.set(result.reason, (this.#failed.get(result.reason) ?? 0) + 1)
        this.#onEvent({ kind: 'failed', what, bytes: size, reason: result.reason })
      }
      return result
    } catch (error) {
      if (!signal.aborted) this.#onEvent({ kind: 'error', error })
      throw error
    } finally {
      this.#heldBytes -= size
    }
  }

  async #convert(
    request: Exclude<Request, { kind: 'status' }>,
    document: Uint8Array,
    signal: AbortSignal,
  ): Promise<ConversionResult> {
    if (request.kind === 'convert' && expandsTooFar(document)) return failed('too-large')
    await this.confined
    const pool = request.kind === 'convert' ? this.#office : this.#html
    if (!pool) return failed('unavailable')
    const flatten = request.kind === 'convert' && request.flatten
    // One page more than allowed shows whether something was cut.
    const pages = (flatten ? limits.picturedPages : limits.pages) + 1
    const question =
      request.kind === 'convert'
        ? { kind: 'convert', office: request.office, pages, flatten }
        : { kind: 'render' }
    let result = await pool.run(question, document, signal)
    // It may have been the driver's fault, which saw other documents before: once more, in another one.
    if (result.kind === 'crashed' && request.kind === 'convert')
      result = await pool.run(question, document, signal)
    if (result.kind !== 'answered') return failed(reasonOf(result))
    const cleaned = await this.#cleaner.clean(result.content, flatten ? 'pixels' : 'pdf', signal)
    if (!cleaned) return failed('broken')
    if (cleaned.pdf.length > limits.pdfBytes) return failed('too-large')
    return { kind: 'converted', ...cleaned }
  }

  #status(): ConverterStatus {
    const none = { idle: 0, starting: 0, working: 0, waiting: 0, stopped: 0, crashed: 0 }
    return {
      kind: 'status',
      rung: this.#confinement ? (this.#confinement.rung ?? 'none') : 'probing',
      seccomp: this.#confinement?.seccomp ?? false,
      office: this.#office?.status ?? none,
      html: this.#html?.status ?? none,
      converted: this.#converted,
      failed: Object.fromEntries(this.#failed),
    }
  }
}

const failed = (reason: ConversionFailure): ConversionResult & { kind: 'failed' } => ({
  kind: 'failed',
  reason,
})

function reasonOf(result: Exclude<JobResult, { kind: 'answered' }>): ConversionFailure {
  switch (result.kind) {
    case 'refused':
      return result.code
    case 'crashed':
      return 'broken'
    case 'memory-limit':
      return 'too-large'
    case 'time-limit':
    case 'busy':
    case 'unavailable':
      return result.kind
  }
}
