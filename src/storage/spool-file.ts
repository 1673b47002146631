import { randomBytes } from 'node:crypto'
import { closeSync, openSync, read, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TemporaryFailure } from '../failure.ts'
import type { ByteSource, SharedFile } from '../message/byte-source.ts'
import { cutShort, diskFailure, readFully, writeFully } from './file-bytes.ts'
import { type Medium, windowOn } from './window-on.ts'

const readAsync = promisify(read)

const pieceBytes = 64 * 1024

/**
 * A file without a name: unlinked as soon as it is open, so the bytes live as long as the descriptor, and neither a crash
 * nor a curious reader finds them. Fails with TemporaryFailure where the disk does.
 */
export class SpoolFile implements SharedFile, Medium {
  #descriptor: number | undefined
  /** Reads under way and other threads: the descriptor must not be closed, and its number not be reused, below them. */
  #holders = 0
  #isOver = false

  constructor(folder: string) {
    try {
      const path = join(folder, `spool-${randomBytes(16).toString('hex')}`)
      this.#descriptor = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
    } catch (error) {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor)
      throw diskFailure(error)
    }
  }

  get descriptor(): number {
    if (this.#isOver || this.#descriptor === undefined) {
      throw new TemporaryFailure('3.0', 'The message is over, its bytes are gone')
    }
    return this.#descriptor
  }

  hold(): Disposable {
    let isHeld = true
    this.#holders += 1
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#holders -= 1
        isHeld = false
        this.#closeUnlessHeld()
      },
    }
  }

  close(): void {
    this.#isOver = true
    this.#closeUnlessHeld()
  }

  #closeUnlessHeld(): void {
    if (!this.#isOver || this.#holders > 0 || this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  write(bytes: Uint8Array, at: number): void {
    writeFully(this.descriptor, bytes, at)
  }

  source(start: number, end: number): ByteSource {
    return windowOn(this, start, end)
  }

  read(start: number, end: number): Uint8Array {
    return readFully(this.descriptor, start, end)
  }

  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      const bytes = new Uint8Array(Math.min(pieceBytes, end - at))
      const count = await this.#readPiece(bytes, at)
      if (count === 0) throw cutShort()
      at += count
      yield bytes.subarray(0, count)
    }
  }

  async #readPiece(bytes: Uint8Array, position: number): Promise<number> {
    const { descriptor } = this
    using _held = this.hold()
    try {
      const { bytesRead } = await readAsync(descriptor, bytes, 0, bytes.length, position)
      return bytesRead
    } catch (error) {
      throw diskFailure(error)
    }
  }

  stretch(start: number, end: number) {
    return { kind: 'file', file: this, start, end } as const
  }
}
