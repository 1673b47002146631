import { PermanentFailure, TemporaryFailure } from '../failure.ts'
import type { ByteSource, SpoolLimits, SpoolWriter, Workspace } from '../message/byte-source.ts'
import { SpoolFile } from './spool-file.ts'
import { type Medium, windowOn } from './window-on.ts'

const pieceBytes = 64 * 1024

/** Spools for one message, in files of `folder` where they are large. */
export function openWorkspace(
  folder: string,
  { memoryLimit = 1024 * 1024, sizeLimit }: Partial<SpoolLimits> & Pick<SpoolLimits, 'sizeLimit'>,
): Workspace {
  const spools = new Set<{ close(): void }>()
  let closed = false
  const kept = <Kept extends { close(): void }>(open: () => Kept): Kept => {
    if (closed) throw new TemporaryFailure('3.0', 'The message is over already')
    const spool = open()
    spools.add(spool)
    return spool
  }
  const workspace: Workspace = {
    writer: () => kept(() => new Spool(folder, memoryLimit, sizeLimit)),
    async collect(bytes) {
      const writer = workspace.writer()
      for await (const chunk of bytes) writer.write(chunk)
      return writer.finish()
    },
    shareFile: () => ({ file: kept(() => new SpoolFile(folder)), limits: { memoryLimit, sizeLimit } }),
    async [Symbol.asyncDispose]() {
      closed = true
      for (const spool of spools) spool.close()
      spools.clear()
    },
  }
  return workspace
}

class Spool implements SpoolWriter, Medium {
  readonly #folder: string
  readonly #memoryLimit: number
  readonly #sizeLimit: number
  #chunks: Uint8Array[] = []
  #file: SpoolFile | undefined
  #memory: Uint8Array | undefined
  #size = 0
  #state: 'writing' | 'finished' | 'closed' = 'writing'

  constructor(folder: string, memoryLimit: number, sizeLimit: number) {
    this.#folder = folder
    this.#memoryLimit = memoryLimit
    this.#sizeLimit = sizeLimit
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== 'writing') throw new TemporaryFailure('3.0', 'The spool takes no more bytes')
    if (this.#size + bytes.length > this.#sizeLimit) {
      throw new PermanentFailure('3.4', `The message is larger than ${this.#sizeLimit} bytes`)
    }
    if (!this.#file && this.#size + bytes.length > this.#memoryLimit) this.#moveToFile()
    // A copy: the caller's buffer may be a window on something that is reused.
    if (this.#file) this.#file.write(bytes, this.#size)
    else this.#chunks.push(Uint8Array.from(bytes))
    this.#size += bytes.length
  }

  finish(): ByteSource {
    if (this.#state !== 'writing') throw new TemporaryFailure('3.0', 'The spool was finished already')
    this.#state = 'finished'
    if (this.#file) return this.#file.source(0, this.#size)
    this.#memory = joined(this.#chunks, this.#size)
    this.#chunks = []
    return windowOn(this, 0, this.#size)
  }

  close(): void {
    this.#state = 'closed'
    this.#chunks = []
    this.#memory = undefined
    this.#file?.close()
  }

  #moveToFile(): void {
    this.#file = new SpoolFile(this.#folder)
    let at = 0
    for (const chunk of this.#chunks) {
      this.#file.write(chunk, at)
      at += chunk.length
    }
    this.#chunks = []
  }

  read(start: number, end: number): Uint8Array {
    if (!this.#memory) throw new TemporaryFailure('3.0', 'The message is over, its bytes are gone')
    return this.#memory.subarray(start, end)
  }

  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += pieceBytes) yield this.read(at, Math.min(at + pieceBytes, end))
  }

  stretch(start: number, end: number) {
    return { kind: 'memory', bytes: this.read(start, end) } as const
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
