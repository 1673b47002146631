import { randomBytes } from 'node:crypto'
import { closeSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { TemporaryFailure } from '../failure.ts'
import type { ByteSource, SharedFile } from '../message/byte-source.ts'
import { diskFailure, readFully, writeFully } from './file-bytes.ts'
import { type Medium, windowOn } from './window-on.ts'

const pieceBytes = 64 * 1024

/**
 * A file without a name: unlinked as soon as it is open, so the bytes live as long as the descriptor, and neither a crash
 * nor a curious reader finds them. Fails with TemporaryFailure where the disk does.
 */
export class SpoolFile implements SharedFile, Medium {
  #descriptor: number | undefined
  /** Other threads: the descriptor must not be closed, and its number not be reused, below them. */
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

  /**
   * What was written moments ago is in the kernel's memory: copying 64 KiB from there costs less than asking another thread
   * for it and being woken again. Between two pieces others have their turn.
   */
  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += pieceBytes) {
      if (at > start) await turn()
      yield this.read(at, Math.min(at + pieceBytes, end))
    }
  }

  stretch(start: number, end: number) {
    return { kind: 'file', file: this, start, end } as const
  }
}
