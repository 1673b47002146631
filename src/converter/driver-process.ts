import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { SandboxCommand } from './confinement.ts'
import { FrameError, FrameReader, writeFrame } from './frames.ts'
import { type DriverLimits, limits } from './limits.ts'
import { residentBytes, setNiceness } from './process-tree.ts'

const Answer = z.discriminatedUnion('ok', [
  z.object({ id: z.int(), ok: z.literal(true), size: z.int().min(0).max(limits.pdfBytes) }),
  z.object({
    id: z.int(),
    ok: z.literal(false),
    code: z.enum(['password', 'broken', 'too-large']),
    size: z.literal(0),
  }),
])

/** bwrap passes the end of its program on as a shell does: 128 and the signal, here SIGXCPU of RLIMIT_CPU. */
const killedForProcessorTime = 128 + 24

/** What came of one question to a driver. After all but the first two the driver is gone. */
export type DriverAnswer =
  | { readonly kind: 'answered'; readonly header: object; readonly content: Uint8Array }
  | { readonly kind: 'refused'; readonly code: 'password' | 'broken' | 'too-large' }
  | { readonly kind: 'crashed' }
  | { readonly kind: 'time-limit' }
  | { readonly kind: 'memory-limit' }

/** One sandboxed driver with the engine in it. It answers one question at a time, and nothing it says is trusted. */
export class DriverProcess {
  readonly #process: ChildProcess
  readonly #input: Writable
  readonly #output: FrameReader
  readonly #limits: DriverLimits
  readonly #ended: Promise<void>
  readonly startedAt = performance.now()
  #complaints = ''
  #lastId = 0
  #alive = true
  #exitCode: number | null = null

  private constructor(command: SandboxCommand, driverLimits: DriverLimits) {
    this.#limits = driverLimits
    // A process group of its own, so that one signal reaches everything that was not moved into the sandbox yet.
    this.#process = spawn(command.file, command.arguments, {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    const [input, output, complaints, seccomp] = this.#process.stdio as unknown as [
      Writable,
      Readable,
      Readable,
      Writable,
    ]
    this.#input = input
    this.#output = new FrameReader(output)
    for (const stream of [input, output, complaints, seccomp]) stream.on('error', () => {})
    complaints.on('data', (piece: Buffer) => {
      this.#complaints = (this.#complaints + piece.toString('latin1')).slice(-1000)
    })
    seccomp.end(command.seccomp)
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#alive = false
        resolve()
      }
      this.#process.once('exit', (code) => {
        this.#exitCode = code
        end()
      })
      this.#process.once('error', end)
    })
  }

  /** Resolves when the engine is warm. Fails with what the programs complained about; the driver is gone then. */
  static async start(
    command: SandboxCommand,
    driverLimits: DriverLimits,
    signal: AbortSignal,
  ): Promise<DriverProcess> {
    const driver = new DriverProcess(command, driverLimits)
    const first = await driver.#within(limits.startTime, signal, () => driver.#readAnswer(0))
    if (first.kind === 'answered') return driver
    await driver.kill()
    signal.throwIfAborted()
    throw new Error(`Driver does not start (${first.kind}): ${driver.#complaints.trim() || 'no complaint'}`)
  }

  get jobs(): number {
    return this.#lastId
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Resolves when the process has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** One question. Rejects only with the signal's reason; the driver is killed when it is stopped in the middle. */
  async ask(question: object, content: Uint8Array, signal: AbortSignal): Promise<DriverAnswer> {
    const id = ++this.#lastId
    const answer = await this.#within(limits.jobTime, signal, async () => {
      const sent = writeFrame(this.#input, { ...question, id, size: content.length }, [content])
      const [, received] = await Promise.all([sent, this.#readAnswer(id)])
      return received
    })
    signal.throwIfAborted()
    return answer
  }

  /** Whether it is time for a fresh one. */
  async isWornOut(): Promise<boolean> {
    return (
      !this.#alive ||
      this.jobs >= this.#limits.jobs ||
      performance.now() - this.startedAt > this.#limits.age ||
      (await residentBytes(this.pid)) > this.#limits.restartBytes
    )
  }

  /**
   * Lets others go first on the processor, or no longer. By niceness 5 it still gets a third of what each of them gets: with
   * 15 (3 %) ordinary documents ran out of time on a machine that had much else to do.
   */
  async yieldToOthers(yes: boolean): Promise<void> {
    if (this.#alive && this.pid > 0) await setNiceness(this.pid, yes ? 5 : 0)
  }

  /** Ends everything in the sandbox: with bwrap gone, the kernel ends its process namespace. */
  async kill(): Promise<void> {
    if (this.#alive && this.pid > 0) {
      try {
        process.kill(-this.pid, 'SIGKILL')
      } catch {
        // Gone between the question and the signal.
      }
    }
    await this.#ended
  }

  async #readAnswer(id: number): Promise<DriverAnswer> {
    const line = await this.#output.line()
    const answer = Answer.safeParse(line)
    if (!answer.success || answer.data.id !== id) throw new FrameError('Not an answer')
    if (!answer.data.ok) return { kind: 'refused', code: answer.data.code }
    return { kind: 'answered', header: line as object, content: await this.#output.bytes(answer.data.size) }
  }

  /** Kills the driver when time, memory or the asker's patience runs out, and when it breaks the protocol. */
  async #within(time: number, signal: AbortSignal, work: () => Promise<DriverAnswer>): Promise<DriverAnswer> {
    let stopped: DriverAnswer | undefined
    const stop = (answer: DriverAnswer) => {
      stopped ??= answer
      void this.kill()
    }
    const timer = setTimeout(() => stop({ kind: 'time-limit' }), time)
    const watch = setInterval(() => {
      void residentBytes(this.pid).then((bytes) => {
        if (bytes > this.#limits.residentBytes) stop({ kind: 'memory-limit' })
      })
    }, 250)
    const abort = () => stop({ kind: 'crashed' })
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      const answer = await work()
      return stopped ?? answer
    } catch {
      // A driver that goes down by itself is given a moment to say how, before it is made to.
      await Promise.race([this.#ended, delay(200)])
      stop({ kind: this.#exitCode === killedForProcessorTime ? 'time-limit' : 'crashed' })
      await this.kill()
      return stopped ?? { kind: 'crashed' }
    } finally {
      clearTimeout(timer)
      clearInterval(watch)
      signal.removeEventListener('abort', abort)
    }
  }
}
