import { availableParallelism } from 'node:os'
import { bytesIn } from './across.ts'
import { type CryptoJobs, cryptoJobs, smimeJobs } from './crypto-jobs.ts'
import { openThreadPool } from './thread-pool.ts'

/** What signs, encrypts, opens and verifies, wherever it runs. Ends with the signal's reason. */
export type MailCrypto = {
  readonly [Job in keyof CryptoJobs]: (
    signal: AbortSignal,
    ...args: Parameters<CryptoJobs[Job]>
  ) => ReturnType<CryptoJobs[Job]>
}

/** Below, the way to another thread and back costs more than the work. */
const smallBytes = 256 * 1024

/** Above, a thread is busy long enough that others would notice the wait. */
const longBytes = 1024 * 1024

/** Each waits with its message spooled; at half a second each they are done within the time that Postfix gives us. */
const mostWaiting = 200

/** In threads of its own, but small S/MIME messages where they are. Closing it fails what is under way. */
export function openMailCrypto(): MailCrypto & AsyncDisposable {
  const pool = openThreadPool({
    entry: new URL('./crypto-thread.ts', import.meta.url),
    threads: Math.min(availableParallelism(), 4),
    longBytes,
    mostWaiting,
  })
  const isQuick = (job: string, args: readonly unknown[]) => job in smimeJobs && bytesIn(args) < smallBytes
  return {
    ...mailCrypto((job, args, signal) =>
      isQuick(job, args) ? runHere(job, args, signal) : pool.run(job, args, signal),
    ),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

/** All in this thread: for tests, and to compare. */
export const mailCryptoHere: MailCrypto = mailCrypto(runHere)

type RunJob = (job: keyof CryptoJobs, args: readonly unknown[], signal: AbortSignal) => Promise<unknown>

function mailCrypto(run: RunJob): MailCrypto {
  const names = Object.keys(cryptoJobs) as (keyof CryptoJobs)[]
  const functions = names.map((job) => [
    job,
    (signal: AbortSignal, ...args: unknown[]) => run(job, args, signal),
  ])
  return Object.fromEntries(functions) as MailCrypto
}

async function runHere(job: keyof CryptoJobs, args: readonly unknown[], signal: AbortSignal) {
  signal.throwIfAborted()
  const work = cryptoJobs[job] as (...given: readonly unknown[]) => Promise<unknown>
  return work(...args)
}
