import { derHead } from '../../keys/x509/write-der.ts'
import type { ByteSource } from '../../message/byte-source.ts'

/** The bytes are not what X.690 calls BER, or not the structure that was expected, or nested without end. */
export class MalformedBer extends Error {}

/** Tag and extent of an element; offsets in the source. `end` is undefined for the indefinite form (X.690 8.1.3.6). */
export interface BerElement {
  readonly tag: number
  readonly contentStart: number
  readonly end: number | undefined
}

/** A string of bytes that may stand in pieces; nothing of it is held. */
export interface BerOctets {
  readonly size: number
  /** From the beginning each time, in pieces of at most 64 KiB. */
  stream(): AsyncIterable<Uint8Array>
}

/** Envelopes in use nest to about 12. */
const maxDepth = 32
/** Senders cut content into pieces of 1 KB and more: 60 MB are 60 000. Millions take seconds. */
const maxElements = 1_000_000
const windowBytes = 64 * 1024
/** Pieces of one byte are allowed, and what follows costs per piece. Those of 4 KB, as OpenSSL cuts, leave uncopied. */
const joinedBytes = 4096
const constructed = 0x20

/** Where an open element ends: at `end`, or at its own end mark, which must come before `limit`. */
interface OpenElement {
  readonly end: number | undefined
  readonly limit: number
}

/**
 * Reads BER from front to back without holding it: one window of 64 KiB. All calls concern the next element inside the
 * innermost one that was entered; what does not lie wholly inside its parent is malformed. Lengths are claims until
 * then, so nothing is allocated by them. Every call throws MalformedBer for what it does not find.
 */
export class BerReader {
  readonly #source: ByteSource
  readonly #open: OpenElement[]
  #at = 0
  #window: Uint8Array = new Uint8Array(0)
  #windowStart = 0
  #elements = 0

  constructor(source: ByteSource) {
    this.#source = source
    this.#open = [{ end: source.size, limit: source.size }]
  }

  /** The next element; undefined at the end of the one that was entered. Stays where it is. */
  peek(): BerElement | undefined {
    const { end, limit } = this.#innermost()
    if (this.#at === end) return undefined
    const element = this.#headAt(this.#at, limit)
    if (element.tag !== 0) return element
    if (end !== undefined) throw new MalformedBer('end mark where none belongs')
    return undefined
  }

  /** Goes into the next element, which must be constructed and have this tag. */
  enter(tag: number): void {
    const { contentStart, end } = this.#expect(tag)
    if ((tag & constructed) === 0) throw new MalformedBer('a primitive element cannot be entered')
    if (this.#open.length >= maxDepth) throw new MalformedBer('nested too deeply')
    this.#open.push({ end, limit: end ?? this.#innermost().limit })
    this.#at = contentStart
  }

  /** Goes behind the element that was entered last, passing over what is left of it. */
  leave(): void {
    while (this.peek()) this.skip()
    const left = this.#open.pop()
    if (!left || this.#open.length === 0) throw new MalformedBer('nothing was entered')
    this.#at = left.end ?? this.#at + 2
  }

  /** Passes over the next element. */
  skip(): void {
    const element = this.peek()
    if (!element) throw new MalformedBer('an element was expected')
    this.#at = element.end ?? this.#endOfIndefinite(element)
  }

  /** The next element in DER, strings in pieces joined; at most `maxBytes` of it are read. */
  der(maxBytes: number): Buffer {
    const element = this.peek()
    if (!element) throw new MalformedBer('an element was expected')
    const limit = Math.min(this.#innermost().limit, this.#at + maxBytes)
    const { bytes, end } = this.#normalized(element, limit, this.#open.length)
    this.#at = end
    return bytes
  }

  /** The next element as a string of bytes: `tag`, or its constructed form. */
  octets(tag: number): BerOctets {
    const element = this.peek()
    if (!element || (element.tag & ~constructed) !== tag) throw new MalformedBer('a string was expected')
    if (element.tag === tag) {
      const { contentStart } = element
      const end = definite(element)
      this.#at = end
      const source = this.#source
      return { size: end - contentStart, stream: () => source.stream(contentStart, end) }
    }
    const { limit } = this.#innermost()
    let size = 0
    let end = element.contentStart
    for (const piece of this.#pieces(element, limit)) {
      size += piece.to - piece.from
      end = piece.behind
    }
    this.#at = end
    const again = () => new BerReader(this.#source).#streamPieces(element, limit)
    return { size, stream: again }
  }

  #innermost(): OpenElement {
    const innermost = this.#open.at(-1)
    if (!innermost) throw new MalformedBer('nothing was entered')
    return innermost
  }

  #expect(tag: number): BerElement {
    const element = this.peek()
    if (element?.tag !== tag) throw new MalformedBer(`tag ${tag.toString(16)} was expected`)
    return element
  }

  #headAt(at: number, limit: number): BerElement {
    this.#elements += 1
    if (this.#elements > maxElements) throw new MalformedBer('too many elements')
    const tag = this.#byte(at, limit)
    if ((tag & 0x1f) === 0x1f) throw new MalformedBer('tag number above 30')
    const first = this.#byte(at + 1, limit)
    let contentStart = at + 2
    if (first === 0x80) {
      if ((tag & constructed) === 0) throw new MalformedBer('indefinite length of a primitive element')
      return { tag, contentStart, end: undefined }
    }
    let length = first
    if (first > 0x80) {
      const lengthBytes = first - 0x80
      // BER may pad a length with zeros (X.690 8.1.3.5); nobody writes more than eight bytes.
      if (lengthBytes > 8) throw new MalformedBer('length of unsupported form')
      length = 0
      for (let index = 0; index < lengthBytes; index++)
        length = length * 256 + this.#byte(contentStart + index, limit)
      contentStart += lengthBytes
    }
    if (tag === 0 && length !== 0) throw new MalformedBer('broken end mark')
    // Not `contentStart + length`: a length of 2^63 would lose its last digits.
    if (length > limit - contentStart) throw new MalformedBer('element longer than what is around it')
    return { tag, contentStart, end: contentStart + length }
  }

  /** The offset behind the end mark that belongs to an element of indefinite length. */
  #endOfIndefinite(element: BerElement): number {
    const { limit } = this.#innermost()
    let at = element.contentStart
    for (let depth = 1; depth > 0; ) {
      const inner = this.#headAt(at, limit)
      if (inner.tag === 0) depth -= 1
      else if (inner.end === undefined) depth += 1
      if (depth + this.#open.length > maxDepth) throw new MalformedBer('nested too deeply')
      at = inner.end ?? inner.contentStart
    }
    return at
  }

  /** The pieces of a constructed string (X.690 8.7.3), and the offset behind what has been read. */
  *#pieces(element: BerElement, outerLimit: number): Generator<{ from: number; to: number; behind: number }> {
    const open: OpenElement[] = [{ end: element.end, limit: element.end ?? outerLimit }]
    let at = element.contentStart
    for (let innermost = open.at(-1); innermost; innermost = open.at(-1)) {
      const { end, limit } = innermost
      if (at === end) {
        open.pop()
        yield { from: at, to: at, behind: at }
        continue
      }
      const piece = this.#headAt(at, limit)
      if (piece.tag === 0x04) {
        at = definite(piece)
        yield { from: piece.contentStart, to: at, behind: at }
      } else if (piece.tag === 0x24) {
        if (open.length >= maxDepth) throw new MalformedBer('nested too deeply')
        open.push({ end: piece.end, limit: piece.end ?? limit })
        at = piece.contentStart
      } else if (piece.tag === 0 && end === undefined) {
        open.pop()
        at = piece.contentStart
        yield { from: at, to: at, behind: at }
      } else throw new MalformedBer('something else inside a string')
    }
  }

  async *#streamPieces(element: BerElement, limit: number): AsyncGenerator<Uint8Array> {
    let joined = new Uint8Array(joinedBytes)
    let filled = 0
    for (const { from, to } of this.#pieces(element, limit)) {
      for (let at = from; at < to; ) {
        const bytes = this.#available(at, to)
        at += bytes.length
        const isLarge = bytes.length > joinedBytes / 2
        if (filled > 0 && (isLarge || filled + bytes.length > joinedBytes)) {
          yield joined.subarray(0, filled)
          joined = new Uint8Array(joinedBytes)
          filled = 0
        }
        if (isLarge) yield bytes
        else {
          joined.set(bytes, filled)
          filled += bytes.length
        }
      }
    }
    if (filled > 0) yield joined.subarray(0, filled)
  }

  #normalized(element: BerElement, outerLimit: number, depth: number): { bytes: Buffer; end: number } {
    const { tag, contentStart, end } = element
    if (depth >= maxDepth) throw new MalformedBer('nested too deeply')
    if (end !== undefined && end > outerLimit) throw new MalformedBer('larger than such an element may be')
    if ((tag & constructed) === 0) {
      const to = definite(element)
      const content = this.#copy(contentStart, to)
      return { bytes: Buffer.concat([derHead(tag, content.length), content]), end: to }
    }
    const limit = end ?? outerLimit
    const children: Buffer[] = []
    let at = contentStart
    while (at !== end) {
      const child = this.#headAt(at, limit)
      if (child.tag === 0 && end === undefined) {
        at = child.contentStart
        break
      }
      if (child.tag === 0) throw new MalformedBer('end mark where none belongs')
      const normalized = this.#normalized(child, limit, depth + 1)
      // X.690 10.2: DER has no strings in pieces.
      children.push(tag === 0x24 ? contentOfString(normalized.bytes) : normalized.bytes)
      at = normalized.end
    }
    const content = Buffer.concat(children)
    const derTag = tag === 0x24 ? 0x04 : tag
    return { bytes: Buffer.concat([derHead(derTag, content.length), content]), end: at }
  }

  #byte(at: number, limit: number): number {
    if (at >= limit) throw new MalformedBer('ends early')
    // Without a window of its own for each byte: a string may stand in millions of pieces.
    const byte = this.#window[at - this.#windowStart] ?? this.#available(at, at + 1)[0]
    if (byte === undefined) throw new MalformedBer('ends early')
    return byte
  }

  /** At least one byte from `at` on, at most up to `to`. */
  #available(at: number, to: number): Uint8Array {
    const offset = at - this.#windowStart
    if (offset < 0 || offset >= this.#window.length) {
      this.#window = this.#source.read(at, at + windowBytes)
      this.#windowStart = at
      if (this.#window.length === 0) throw new MalformedBer('ends early')
      return this.#window.subarray(0, to - at)
    }
    return this.#window.subarray(offset, offset + to - at)
  }

  #copy(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from)
    for (let at = from; at < to; ) {
      const available = this.#available(at, to)
      bytes.set(available, at - from)
      at += available.length
    }
    return bytes
  }
}

function definite({ end }: BerElement): number {
  if (end === undefined) throw new MalformedBer('a length was expected')
  return end
}

function contentOfString(encoded: Buffer): Buffer {
  if (encoded[0] !== 0x04) throw new MalformedBer('something else inside a string')
  const first = encoded[1] ?? 0
  return encoded.subarray(first < 0x80 ? 2 : 2 + first - 0x80)
}
