import { TemporaryFailure } from '../../failure.ts'
import type { SharedFile } from '../../message/byte-source.ts'
import { bytesIn, packed, unpacked, unpackedFailure, workspaceAmong } from './across.ts'
import { JobThread } from './job-thread.ts'

export interface ThreadPoolOptions {
  /** A file that calls `serveJobs`. */
  readonly entry: URL
  /** Threads that long jobs may take at the same time. One more is kept for short ones, so that none waits behind them. */
  readonly threads: number
  /** Bytes of messages from which on a job is long. */
  readonly longBytes: number
  /** Jobs that wait for a thread; the next one is deferred. */
  readonly mostWaiting: number
}

/** Jobs in other threads. Closing it fails what is still under way. */
export interface ThreadPool extends AsyncDisposable {
  /**
   * Runs a job of `serveJobs`; its ByteSources live in the workspace among `args`. Rejects with what the job failed with,
   * with the signal's reason, and with TemporaryFailure if too much waits or the thread ended. When it settles, no thread
   * touches the message any more.
   */
  run(job: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown>
}

interface Waiting {
  readonly isLong: boolean
  readonly begin: () => void
  readonly giveUp: (reason: unknown) => void
}

/** Threads are started when they are first needed. */
export function openThreadPool(options: ThreadPoolOptions): ThreadPool {
  const { entry, threads, longBytes, mostWaiting } = options
  const waiting = new Set<Waiting>()
  const idle: JobThread[] = []
  const working = new Set<JobThread>()
  let longWorking = 0
  let isClosed = false

  const mayBegin = (isLong: boolean) => working.size <= threads && (!isLong || longWorking < threads)

  const take = (isLong: boolean): JobThread => {
    let thread = idle.pop()
    while (thread?.isGone) thread = idle.pop()
    thread ??= new JobThread(entry)
    working.add(thread)
    if (isLong) longWorking += 1
    return thread
  }
  const giveBack = (thread: JobThread, isLong: boolean) => {
    working.delete(thread)
    if (isLong) longWorking -= 1
    if (!thread.isGone) idle.push(thread)
    const next = [...waiting].find((each) => mayBegin(each.isLong))
    next?.begin()
  }

  const turn = async (isLong: boolean, signal: AbortSignal): Promise<JobThread> => {
    if (mayBegin(isLong)) return take(isLong)
    if (waiting.size >= mostWaiting)
      throw new TemporaryFailure('4.5', 'Too many messages are being worked on, try again later')
    const { promise, resolve, reject } = Promise.withResolvers<JobThread>()
    const leave = () => {
      waiting.delete(place)
      signal.removeEventListener('abort', onAbort)
    }
    const onAbort = () => place.giveUp(signal.reason)
    const place: Waiting = {
      isLong,
      begin: () => {
        leave()
        resolve(take(isLong))
      },
      giveUp: (reason) => {
        leave()
        reject(reason)
      },
    }
    waiting.add(place)
    signal.addEventListener('abort', onAbort, { once: true })
    return promise
  }

  return {
    async run(job, args, signal) {
      signal.throwIfAborted()
      if (isClosed) throw stopping()
      const isLong = bytesIn(args) >= longBytes
      const thread = await turn(isLong, signal)
      try {
        return await inThread(thread, job, args, signal)
      } finally {
        giveBack(thread, isLong)
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const { giveUp } of [...waiting]) giveUp(stopping())
      await Promise.all([...idle, ...working].map((thread) => thread.end()))
    },
  }
}

async function inThread(
  thread: JobThread,
  job: string,
  args: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  using held = new DisposableStack()
  const files = new Map<number, SharedFile>()
  const hold = (file: SharedFile) => {
    files.set(file.descriptor, file)
    held.use(file.hold())
  }
  const shared = workspaceAmong(args)?.shareFile()
  if (shared) hold(shared.file)
  const { value, transfer, files: given } = packed(args)
  given.forEach(hold)
  const end = () => void thread.end()
  signal.addEventListener('abort', end, { once: true })
  held.defer(() => signal.removeEventListener('abort', end))
  const room = shared && { descriptor: shared.file.descriptor, limits: shared.limits }
  try {
    const reply = await thread.do({ job, args: value as unknown[], room }, transfer)
    if (reply.kind === 'failed') throw unpackedFailure(reply.failure)
    return unpacked(reply.result, (descriptor) => known(files, descriptor), undefined)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

function stopping(): TemporaryFailure {
  return new TemporaryFailure('3.2', 'The gateway is stopping, try again later')
}

function known(files: ReadonlyMap<number, SharedFile>, descriptor: number): SharedFile {
  const file = files.get(descriptor)
  if (!file) throw new Error('A result in a file that the job was not given')
  return file
}
