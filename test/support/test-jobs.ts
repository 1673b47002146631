import { PermanentFailure, TemporaryFailure } from '../../src/failure.ts'
import {
  type ByteSource,
  bytesInMemory,
  concatenated,
  type Workspace,
} from '../../src/message/byte-source.ts'
import { serveJobs } from '../../src/protection/threads/serve-jobs.ts'

/** What the threads of tests can do; loading this file in a worker thread makes it one of them. */
export const testJobs = {
  /** The bytes twice: as they are, and written anew. */
  async twice(source: ByteSource, workspace: Workspace): Promise<{ same: ByteSource; copy: ByteSource }> {
    const copy = await workspace.collect(source.stream())
    return { same: concatenated([bytesInMemory(Buffer.from('front ')), source.window(1, source.size)]), copy }
  },
  /** Two spools that grow in turns. */
  async inTurns(source: ByteSource, workspace: Workspace): Promise<readonly ByteSource[]> {
    const [one, other] = [workspace.writer(), workspace.writer()]
    for await (const piece of source.stream()) {
      one.write(piece)
      other.write(piece.map((byte) => byte ^ 0xff))
    }
    return [one.finish(), other.finish()]
  },
  async keep(source: ByteSource, workspace: Workspace): Promise<ByteSource> {
    const pieces: Uint8Array[] = []
    for await (const piece of source.stream()) pieces.push(piece)
    return workspace.collect(ofList(pieces))
  },
  async same(value: unknown): Promise<unknown> {
    return value
  },
  async hang(started: SharedArrayBuffer): Promise<void> {
    new Int32Array(started)[0] = 1
    for (;;);
  },
  async wait(gate: SharedArrayBuffer): Promise<void> {
    Atomics.wait(new Int32Array(gate), 0, 0)
  },
  async eatHeap(): Promise<number> {
    const kept: string[][] = []
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => `${index} ${kept.length}`))
  },
  async die(): Promise<void> {
    process.exit(3)
  },
  async failLater(): Promise<string> {
    void Promise.reject(new Error('left behind'))
    return new Promise((resolve) => setTimeout(resolve, 50, 'done'))
  },
  async refuse(kind: 'temporary' | 'permanent' | 'unforeseen'): Promise<never> {
    const options = { cause: new Error('the reason') }
    if (kind === 'temporary') throw new TemporaryFailure('3.1', 'later', options)
    if (kind === 'permanent') throw new PermanentFailure('7.5', 'never', options)
    throw new RangeError('a bug')
  },
  async codeFromString(): Promise<string> {
    try {
      return new Function('return "made"')()
    } catch (error) {
      return error instanceof EvalError ? 'forbidden' : 'failed otherwise'
    }
  },
  async lateReader(source: ByteSource, late: SharedArrayBuffer): Promise<void> {
    const shared = new Int32Array(late)
    setTimeout(() => {
      try {
        source.read(0, 1)
        shared[0] = 1
      } catch {
        shared[0] = 2
      }
    }, 20)
  },
}

async function* ofList(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

serveJobs(testJobs)
