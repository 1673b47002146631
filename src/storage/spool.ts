import { randomBytes } from 'node:crypto'
import { closeSync, openSync, read, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PermanentFailure, TemporaryFailure } from '../failure.ts'
import type { ByteSource, SpoolWriter, Workspace } from '../message/byte-source.ts'

const readAsync = promisify(read)

const pieceBytes = 64 * 1024

export interface SpoolLimits {
  /** Bytes that each writer keeps in memory before it opens a file. */
  readonly memoryLimit?: number
  /** Bytes that one writer takes at most. */
  readonly sizeLimit: number
}

/**
 * Spools for one message below `folder`. Files are unlinked as soon as they are open: the bytes live as long as the
 * descriptor, and neither a crash nor a curious reader finds them.
 */
export function openWorkspace(
  folder: string,
  { memoryLimit = 1024 * 1024, sizeLimit }: SpoolLimits,
): Workspace {
  const spools = new Set<Spool>()
  let closed = false
  const workspace: Workspace = {
    writer() {
      if (closed) throw new TemporaryFailure('3.0', 'The message is over already')
      const spool = new Spool(folder, memoryLimit, sizeLimit)
      spools.add(spool)
      return spool
    },
    async collect(bytes) {
      const writer = workspace.writer()
      for await (const chunk of bytes) writer.write(chunk)
      return writer.finish()
    },
    async [Symbol.asyncDispose]() {
      closed = true
      for (const spool of spools) spool.close()
      spools.clear()
    },
  }
  return workspace
}

class Spool implements SpoolWriter {
  readonly #folder: string
  readonly #memoryLimit: number
  readonly #sizeLimit: number
  #chunks: Uint8Array[] = []
  #file: number | undefined
  #memory: Uint8Array | undefined
  #size = 0
  #state: 'writing' | 'finished' | 'closed' = 'writing'
  /** Reads under way: the descriptor must not be closed, and its number not be reused, below them. */
  #reading = 0

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
    if (this.#file === undefined && this.#size + bytes.length > this.#memoryLimit) this.#moveToFile()
    // A copy: the caller's buffer may be a window on something that is reused.
    if (this.#file === undefined) this.#chunks.push(Uint8Array.from(bytes))
    else writeFully(this.#file, bytes)
    this.#size += bytes.length
  }

  finish(): ByteSource {
    if (this.#state !== 'writing') throw new TemporaryFailure('3.0', 'The spool was finished already')
    this.#state = 'finished'
    if (this.#file === undefined) {
      const whole = new Uint8Array(this.#size)
      let at = 0
      for (const chunk of this.#chunks) {
        whole.set(chunk, at)
        at += chunk.length
      }
      this.#memory = whole
    }
    this.#chunks = []
    return this.#window(0, this.#size)
  }

  close(): void {
    this.#state = 'closed'
    this.#chunks = []
    this.#memory = undefined
    if (this.#reading === 0) this.#closeFile()
  }

  #closeFile(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #moveToFile(): void {
    try {
      const path = join(this.#folder, `spool-${randomBytes(16).toString('hex')}`)
      const file = openSync(path, 'wx+', 0o600)
      this.#file = file
      unlinkSync(path)
    } catch (error) {
      throw diskFailure(error)
    }
    for (const chunk of this.#chunks) writeFully(this.#file, chunk)
    this.#chunks = []
  }

  #window(from: number, to: number): ByteSource {
    const size = to - from
    const clip = (offset: number) => Math.min(Math.max(0, offset), size)
    return {
      size,
      read: (start, end) => this.#read(from + clip(start), from + clip(end)),
      stream: (start = 0, end = size) => this.#stream(from + clip(start), from + clip(end)),
      window: (start, end) => this.#window(from + clip(start), from + Math.max(clip(start), clip(end))),
    }
  }

  #read(start: number, end: number): Uint8Array {
    if (this.#memory) return this.#memory.subarray(start, end)
    const bytes = new Uint8Array(Math.max(0, end - start))
    for (let at = 0; at < bytes.length; ) {
      const count = this.#attempt((file) => readSync(file, bytes, at, bytes.length - at, start + at))
      if (count === 0) throw cutShort()
      at += count
    }
    return bytes
  }

  async *#stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      if (this.#memory) {
        const piece = this.#memory.subarray(at, Math.min(at + pieceBytes, end))
        at += piece.length
        yield piece
        continue
      }
      const bytes = new Uint8Array(Math.min(pieceBytes, end - at))
      const { bytesRead } = await this.#readPiece(bytes, at)
      if (bytesRead === 0) throw cutShort()
      at += bytesRead
      yield bytes.subarray(0, bytesRead)
    }
  }

  async #readPiece(bytes: Uint8Array, position: number): Promise<{ bytesRead: number }> {
    this.#reading += 1
    try {
      return await this.#attempt((file) => readAsync(file, bytes, 0, bytes.length, position))
    } catch (error) {
      throw error instanceof TemporaryFailure ? error : diskFailure(error)
    } finally {
      this.#reading -= 1
      if (this.#state === 'closed' && this.#reading === 0) this.#closeFile()
    }
  }

  #attempt<Result>(action: (file: number) => Result): Result {
    if (this.#state === 'closed' || this.#file === undefined) {
      throw new TemporaryFailure('3.0', 'The message is over, its bytes are gone')
    }
    try {
      return action(this.#file)
    } catch (error) {
      throw diskFailure(error)
    }
  }
}

function writeFully(file: number | undefined, bytes: Uint8Array): void {
  if (file === undefined) return
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at)
  } catch (error) {
    throw diskFailure(error)
  }
}

/** RFC 3463 3.4: X.3.1 is a full mail system. Any other trouble with the disk is as little the sender's fault. */
function diskFailure(error: unknown): TemporaryFailure {
  return new TemporaryFailure('3.1', 'No room to keep the message, try again later', { cause: error })
}

function cutShort(): TemporaryFailure {
  return new TemporaryFailure('3.0', 'The spooled message is shorter than it was')
}
