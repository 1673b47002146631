import { TemporaryFailure } from '../failure.ts'

/** One packet of the milter protocol: a command byte as a character, and its data. */
export interface Packet {
  readonly command: string
  readonly data: Buffer
}

/** Postfix sends body chunks up to 65535 bytes and headers up to header_size_limit (102400 unless configured). */
export const maxPacketBytes = 1024 * 1024

const lengthBytes = 4
const empty = Buffer.alloc(0)

/**
 * Cuts received bytes into packets, however they were split or glued on the way. Never holds more than about twice
 * the bytes that have arrived: a length from the wire is a claim and allocates nothing. Data of packets are views
 * that are never written to again, so they may be kept.
 */
export class PacketReader {
  #bytes: Buffer = empty
  #start = 0
  #end = 0
  /** Bytes behind #end are ours to fill; false while #bytes is a chunk that the socket gave us. */
  #own = false

  /** Bytes received and not yet taken. */
  get waiting(): number {
    return this.#end - this.#start
  }

  push(chunk: Buffer): void {
    if (this.waiting === 0) {
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#own = false
      return
    }
    if (!this.#own || this.#bytes.length - this.#end < chunk.length) {
      // Doubling keeps a packet that comes byte by byte linear in time. A new buffer instead of moving bytes within
      // the old one, because packets already handed out look into that.
      const grown = Buffer.allocUnsafeSlow(2 * (this.waiting + chunk.length))
      this.#bytes.copy(grown, 0, this.#start, this.#end)
      this.#end = this.waiting
      this.#start = 0
      this.#bytes = grown
      this.#own = true
    }
    chunk.copy(this.#bytes, this.#end)
    this.#end += chunk.length
  }

  /** Command of the next packet if all of it has arrived. Fails like `next`. */
  peek(): string | undefined {
    const length = this.#nextLength()
    return length === undefined
      ? undefined
      : String.fromCharCode(this.#bytes.readUInt8(this.#start + lengthBytes))
  }

  /** The next packet, undefined until all of it has arrived. Fails on a length of 0 or above maxPacketBytes. */
  next(): Packet | undefined {
    const length = this.#nextLength()
    if (length === undefined) return undefined
    const commandAt = this.#start + lengthBytes
    const packet = {
      command: String.fromCharCode(this.#bytes.readUInt8(commandAt)),
      data: this.#bytes.subarray(commandAt + 1, commandAt + length),
    }
    this.#start = commandAt + length
    // An idle connection keeps no buffer.
    if (this.waiting === 0) this.push(empty)
    return packet
  }

  #nextLength(): number | undefined {
    if (this.waiting < lengthBytes) return undefined
    const length = this.#bytes.readUInt32BE(this.#start)
    if (length === 0 || length > maxPacketBytes) {
      throw new TemporaryFailure('5.0', `Milter packet of ${length} bytes`)
    }
    return this.waiting < lengthBytes + length ? undefined : length
  }
}
