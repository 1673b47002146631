import { Worker } from 'node:worker_threads'
import { TemporaryFailure } from '../../failure.ts'
import type { Order, Reply } from './across.ts'

/**
 * What lives in the heap of a thread is pieces, keys and small messages; content of up to 64 MiB lies beside it. A small
 * young generation is looked through often, and pieces are freed with it.
 */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 4 }

/** One worker thread, doing one job at a time until it ends or crashes. */
export class JobThread {
  readonly #worker: Worker
  #isGone = false
  #crash: unknown

  /** @param entry a file that calls `serveJobs` */
  constructor(entry: URL) {
    this.#worker = new Worker(entry, {
      // However the process was started, the thread runs a file. What V8 forbids the process (code from strings) it forbids
      // its threads.
      execArgv: [],
      env: compileCache(),
      resourceLimits,
    })
    this.#worker.unref()
    // An error ends the thread; its end is what counts.
    this.#worker.on('error', (error) => {
      this.#crash = error
    })
    this.#worker.on('exit', () => {
      this.#isGone = true
    })
  }

  /** It can take no more jobs. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Fails with TemporaryFailure if the thread ends instead; then it touches nothing any more. */
  do(order: Order, transfer: readonly ArrayBuffer[]): Promise<Reply> {
    const worker = this.#worker
    return new Promise<Reply>((resolve, reject) => {
      const settle = () => {
        worker.unref()
        worker.off('message', onReply)
        worker.off('exit', onExit)
      }
      const onReply = (reply: Reply) => {
        settle()
        resolve(reply)
      }
      const onExit = () => {
        settle()
        reject(
          new TemporaryFailure('3.0', 'The message could not be worked on, try again later', {
            cause: this.#crash,
          }),
        )
      }
      if (this.#isGone) return onExit()
      worker.postMessage(order, transfer)
      worker.on('message', onReply)
      worker.on('exit', onExit)
      worker.ref()
    })
  }

  async end(): Promise<void> {
    this.#isGone = true
    await this.#worker.terminate()
  }
}

/** All that a thread needs to know of our surroundings: without compiled code at hand its start costs 150 ms more, and 30 MiB. */
function compileCache(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: folder } = process.env
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}
