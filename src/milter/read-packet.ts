import { TemporaryFailure } from '../failure.ts'

/** One packet of the milter protocol: a command byte as a character, and its data. */
export interface Packet {
  readonly command: string
  /** Valid until more bytes are pushed. */
  readonly data: Buffer
}

/** Postfix sends body chunks up to 65535 bytes and headers up to header_size_limit (102400 unless configured). */
export const maxPacketBytes = 1024 * 1024

const lengthBytes = 4
const empty = Buffer.alloc(0)

/**
 * Cuts received bytes into packets, however they were split or glued on the way. Never holds more than about twice
 * the bytes that have arrived: a length from the wire is a claim and allocates nothing. Data of packets are views:
 * a message of 25 MB goes through one buffer, which is written again when more bytes come.
 */
export class PacketReader {
  readonly #giveBack: (chunk: Buffer) => void
  /** A chunk as it came, or #room. */
  #bytes: Buffer = empty
  #start = 0
  #end = 0
  /** Where the pieces of packets are put together. */
  #room: Buffer = empty

  /** @param giveBack told of each buffer once, when nothing is read from it any more */
  constructor(giveBack: (chunk: Buffer) => void = () => {}) {
    this.#giveBack = giveBack
  }

  /** Bytes received and not yet taken. */
  get waiting(): number {
    return this.#end - this.#start
  }

  push(chunk: Buffer): void {
    if (this.waiting === 0) {
      this.#read(chunk, 0, chunk.length)
      return
    }
    if (this.#bytes !== this.#room || this.#room.length - this.#end < chunk.length)
      this.#makeRoom(chunk.length)
    chunk.copy(this.#bytes, this.#end)
    this.#end += chunk.length
    this.#giveBack(chunk)
  }

  /** Nothing more is expected for a while: an idle connection keeps no buffer. */
  rest(): void {
    if (this.waiting > 0) return
    this.#room = empty
    this.#read(empty, 0, 0)
  }

  #makeRoom(bytes: number): void {
    const { waiting } = this
    const wanted = waiting + bytes
    // Moving bytes to the front costs no more than the bytes that were taken since the last time.
    const isRoomy = wanted <= this.#room.length && (this.#bytes !== this.#room || waiting <= this.#start)
    // Doubling keeps a packet that comes byte by byte linear in time.
    const room = isRoomy ? this.#room : Buffer.allocUnsafeSlow(2 * wanted)
    this.#bytes.copy(room, 0, this.#start, this.#end)
    this.#room = room
    this.#read(room, 0, waiting)
  }

  #read(bytes: Buffer, start: number, end: number): void {
    if (this.#bytes !== this.#room && this.#bytes !== empty) this.#giveBack(this.#bytes)
    this.#bytes = bytes
    this.#start = start
    this.#end = end
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
