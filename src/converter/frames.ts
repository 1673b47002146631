import type { Readable, Writable } from 'node:stream'
import { limits } from './limits.ts'

/** The other side broke the protocol or went away: nothing more can be said on this connection. */
export class FrameError extends Error {}

/** Reads frames off a stream: one line of JSON, and as many bytes as the reader then asks for. */
export class FrameReader {
  readonly #pieces: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(stream: Readable) {
    this.#pieces = stream[Symbol.asyncIterator]()
  }

  /** The next line as JSON, to be checked by the caller; undefined when the stream ends before it begins. */
  async line(): Promise<unknown> {
    let line = this.#rest
    for (;;) {
      const end = line.indexOf(0x0a)
      if (end > limits.lineBytes || (end < 0 && line.length > limits.lineBytes))
        throw new FrameError('Line too long')
      if (end >= 0) {
        this.#rest = line.subarray(end + 1)
        return parse(line.subarray(0, end))
      }
      const piece = await this.#next()
      if (piece === undefined) {
        if (line.length === 0) return undefined
        throw new FrameError('Ended in a line')
      }
      line = Buffer.concat([line, piece])
    }
  }

  /** Exactly `size` bytes; the caller has checked the size against its limit. Memory grows only as bytes arrive. */
  async bytes(size: number): Promise<Uint8Array> {
    const pieces = [this.#rest.subarray(0, size)]
    this.#rest = this.#rest.subarray(size)
    let missing = size - (pieces[0]?.length ?? 0)
    while (missing > 0) {
      const piece = await this.#next()
      if (piece === undefined) throw new FrameError('Ended in content')
      pieces.push(piece.subarray(0, missing))
      this.#rest = piece.subarray(missing)
      missing -= Math.min(missing, piece.length)
    }
    return Buffer.concat(pieces)
  }

  /** Reads `size` bytes and forgets them. */
  async skip(size: number): Promise<void> {
    let missing = size - this.#rest.length
    this.#rest = this.#rest.subarray(size)
    while (missing > 0) {
      const piece = await this.#next()
      if (piece === undefined) throw new FrameError('Ended in content')
      this.#rest = piece.subarray(missing)
      missing -= piece.length
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const next = await this.#pieces.next()
      return next.done === true ? undefined : next.value
    } catch (cause) {
      throw new FrameError('Cannot read', { cause })
    }
  }
}

function parse(line: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(line).toString('utf8'))
  } catch (cause) {
    throw new FrameError('Not JSON', { cause })
  }
}

/** Writes a header line, then the content piece by piece, no faster than the other side reads. */
export async function writeFrame(
  stream: Writable,
  header: object,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = [],
): Promise<void> {
  await write(stream, Buffer.from(`${JSON.stringify(header)}\n`))
  for await (const piece of content) await write(stream, piece)
}

/** Resolves when the stream took the bytes; an error of the stream reaches the callback. */
function write(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) =>
      error ? reject(new FrameError('Cannot write', { cause: error })) : resolve(),
    )
  })
}
