import { PermanentFailure, TemporaryFailure } from '../../failure.ts'
import {
  type ByteSource,
  bytesInMemory,
  concatenated,
  type SharedFile,
  type SpoolLimits,
  type SpoolWriter,
  type Workspace,
} from '../../message/byte-source.ts'
import { free } from '../../message/free.ts'
import { readFully, writeFully } from '../../storage/file-bytes.ts'
import { type Medium, windowOn } from '../../storage/window-on.ts'

const pieceBytes = 64 * 1024

/** The files of one job, seen from the thread that does it. The descriptors belong to the main thread. */
export class JobFiles {
  #isOver = false

  file(descriptor: number): ThreadFile {
    return new ThreadFile(descriptor, () => this.#isOver)
  }

  /** What a job left running must not touch the descriptors: their numbers may soon mean other files. */
  end(): void {
    this.#isOver = true
  }
}

/** Reads without waiting: the thread has nothing else to do. */
class ThreadFile implements SharedFile, Medium {
  readonly #descriptor: number
  readonly #isOver: () => boolean

  constructor(descriptor: number, isOver: () => boolean) {
    this.#descriptor = descriptor
    this.#isOver = isOver
  }

  get descriptor(): number {
    if (this.#isOver()) throw new TemporaryFailure('3.0', 'The message is over, its bytes are gone')
    return this.#descriptor
  }

  /** The main thread holds it for as long as the job lasts. */
  hold(): Disposable {
    return { [Symbol.dispose]: () => {} }
  }

  source(start: number, end: number): ByteSource {
    return windowOn(this, start, end)
  }

  read(start: number, end: number): Uint8Array<ArrayBuffer> {
    return readFully(this.descriptor, start, end)
  }

  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += pieceBytes) {
      const piece = this.read(at, Math.min(at + pieceBytes, end))
      yield piece
      free(piece)
    }
  }

  stretch(start: number, end: number) {
    return { kind: 'file', file: this, start, end } as const
  }
}

/** A workspace whose large spools all grow in one file, each piece behind the last one that any of them wrote. */
export function threadWorkspace(file: ThreadFile, limits: SpoolLimits): Workspace {
  let end = 0
  const append = (bytes: Uint8Array) => {
    writeFully(file.descriptor, bytes, end)
    const start = end
    end += bytes.length
    return { start, end }
  }
  const workspace: Workspace = {
    writer: () => new ThreadWriter(file, append, limits),
    async collect(bytes) {
      const writer = workspace.writer()
      for await (const piece of bytes) writer.write(piece)
      return writer.finish()
    },
    shareFile() {
      throw new Error('A thread has no threads of its own')
    },
    async [Symbol.asyncDispose]() {},
  }
  return workspace
}

class ThreadWriter implements SpoolWriter {
  readonly #file: ThreadFile
  readonly #append: (bytes: Uint8Array) => { start: number; end: number }
  readonly #limits: SpoolLimits
  #memory: Uint8Array[] = []
  readonly #ranges: { start: number; end: number }[] = []
  #size = 0

  constructor(
    file: ThreadFile,
    append: (bytes: Uint8Array) => { start: number; end: number },
    limits: SpoolLimits,
  ) {
    this.#file = file
    this.#append = append
    this.#limits = limits
  }

  write(bytes: Uint8Array): void {
    const { memoryLimit, sizeLimit } = this.#limits
    if (this.#size + bytes.length > sizeLimit)
      throw new PermanentFailure('3.4', `The message is larger than ${sizeLimit} bytes`)
    this.#size += bytes.length
    // A copy: the caller's buffer may be a window on something that is reused.
    if (this.#ranges.length === 0 && this.#size <= memoryLimit) {
      this.#memory.push(Uint8Array.from(bytes))
      return
    }
    for (const held of this.#memory.splice(0)) this.#toFile(held)
    this.#toFile(bytes)
  }

  finish(): ByteSource {
    if (this.#ranges.length === 0) return bytesInMemory(Buffer.concat(this.#memory))
    return concatenated(this.#ranges.map(({ start, end }) => this.#file.source(start, end)))
  }

  #toFile(bytes: Uint8Array): void {
    const range = this.#append(bytes)
    const last = this.#ranges.at(-1)
    if (last?.end === range.start) last.end = range.end
    else this.#ranges.push(range)
  }
}
