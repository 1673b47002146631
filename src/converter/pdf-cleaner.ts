import { Worker } from 'node:worker_threads'
import type { CleanedPdf } from './clean-pdf.ts'
import type { CleaningJob } from './clean-pdf-thread.ts'
import { limits } from './limits.ts'

/**
 * Makes clean PDFs of what engines put out, in threads of their own, since what a compromised engine writes may also be made to keep a parser busy
 * or to fill its memory. A thread is used again after a success only.
 */
export class PdfCleaner {
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()

  /** The cleaned PDF; undefined if it is broken or took too much time or memory. Rejects only with the signal's reason. */
  async clean(
    output: Uint8Array,
    form: CleaningJob['form'],
    signal: AbortSignal,
  ): Promise<CleanedPdf | undefined> {
    signal.throwIfAborted()
    const thread = this.#idle.pop() ?? this.#start()
    const cleaned = await new Promise<CleanedPdf | undefined>((resolve) => {
      const end = (result?: CleanedPdf) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        thread.removeAllListeners('message')
        thread.removeAllListeners('exit')
        resolve(result)
      }
      const stop = () => end()
      const timer = setTimeout(stop, form === 'pdf' ? limits.cleaningTime : limits.picturingTime)
      signal.addEventListener('abort', stop, { once: true })
      thread.once('message', end)
      thread.once('exit', stop)
      thread.postMessage({ output, form } satisfies CleaningJob)
    })
    if (cleaned && this.#idle.length < 2) {
      this.#idle.push(thread)
    } else {
      this.#all.delete(thread)
      await thread.terminate()
    }
    signal.throwIfAborted()
    return cleaned
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.terminate()))
  }

  #start(): Worker {
    const thread = new Worker(new URL('./clean-pdf-thread.ts', import.meta.url), {
      // However the process was started (`node -e`), the thread runs a file.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 768, stackSizeMb: 4 },
    })
    // An error ends the thread; its end is what we listen to.
    thread.on('error', () => {})
    thread.unref()
    this.#all.add(thread)
    return thread
  }
}
