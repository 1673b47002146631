import { PermanentFailure } from '../failure.ts'
import { isBase64Byte } from './base64.ts'
import { describePart, isMessage } from './describe-part.ts'
import { fieldsNamed, parseHeader } from './header.ts'
import { latin1Bytes } from './latin1.ts'
import { type MimeLimits, mimeLimits } from './mime-limits.ts'
import type { MimeTree } from './mime-part.ts'
import { closeUpTo, finished, newPart, type OpenPart } from './open-part.ts'

const carriageReturn = 13
const lineFeed = 10
const dash = 0x2d
const equals = 0x3d

const longestLine = 998

/** 1 for the letters of base64 (RFC 2045 6.8), without the padding. */
const isPlainBase64 = new Uint8Array(256)
for (const letter of latin1Bytes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')) {
  isPlainBase64[letter] = 1
}

// RFC 5322 3.6: these occur at most once; programs differ in which of two they show.
const uniqueFields = [
  'From',
  'Sender',
  'Reply-To',
  'To',
  'Cc',
  'Date',
  'Message-ID',
  'Subject',
  'MIME-Version',
]

/**
 * Finds the parts of a message while its bytes come in, in pieces of any size, and keeps only offsets and headers. One
 * pass; the work is linear in the bytes. Where the structure is broken (a final boundary is missing, a boundary occurs
 * twice), it goes on the way most readers do and reports the place as an ambiguity.
 */
export class MimeScanner {
  readonly #limits: MimeLimits
  readonly #ambiguities = new Set<string>()
  readonly #root: OpenPart = newPart(undefined, 0)
  #part: OpenPart = this.#root
  /** Multiparts whose final boundary has not come, the innermost last. */
  readonly #open: OpenPart[] = []
  #inHeader = true
  #header: Uint8Array<ArrayBuffer> = new Uint8Array(4096)
  #headerLength = 0
  /** The start of a body line that began in an earlier piece, as much of it as a boundary may be long. */
  readonly #held: Uint8Array
  #heldLength = 0
  #size = 0
  #lineStart = 0
  #previousLineEnd = 0
  #lastReturn = -1
  #parts = 1
  #allHeaderBytes = 0
  #allHeaderFields = 0
  #inBase64 = false
  #paddingSeen = false
  readonly #seen = { nul: false, bareReturn: false, bareFeed: false, returnAndFeed: false }

  constructor(limits: MimeLimits = mimeLimits) {
    this.#limits = limits
    this.#held = new Uint8Array(limits.boundaryLength + 100)
  }

  /** The next bytes of the message. Fails with PermanentFailure 6.0 when a limit is exceeded. */
  push(chunk: Uint8Array): void {
    const base = this.#size
    const seen = this.#seen
    this.#size += chunk.length
    let lastReturn = this.#lastReturn
    let from = 0
    for (let at = 0; at < chunk.length; at += 1) {
      if (at === from && this.#inBase64 && this.#lineStart === base + at && lastReturn < 0) {
        const next = this.#pastPlainBase64(chunk, at)
        if (next > at) {
          seen.returnAndFeed = true
          this.#lineStart = base + next
          this.#previousLineEnd = 2
          from = next
          at = next - 1
          continue
        }
      }
      const byte = chunk[at] ?? 0
      if (byte > carriageReturn) continue
      if (byte === lineFeed) {
        const isPair = lastReturn >= 0 && lastReturn === base + at - 1
        if (isPair) seen.returnAndFeed = true
        else {
          seen.bareFeed = true
          if (lastReturn >= 0) seen.bareReturn = true
        }
        lastReturn = -1
        this.#endLine(chunk, from, at + 1, base + at + 1, isPair ? 2 : 1)
        from = at + 1
      } else if (byte === carriageReturn) {
        if (lastReturn >= 0) seen.bareReturn = true
        lastReturn = base + at
      } else if (byte === 0) {
        seen.nul = true
      }
    }
    this.#lastReturn = lastReturn
    if (from < chunk.length) this.#hold(chunk, from, chunk.length)
  }

  /**
   * Where the lines end, from `from` on, that hold nothing but letters of base64 and CRLF: nothing can be found in
   * them, and they are most of what is sent. What is left, the lines with dashes, padding and oddities, is looked at
   * byte by byte.
   */
  #pastPlainBase64(chunk: Uint8Array, from: number): number {
    let lineStart = from
    if (this.#paddingSeen) return lineStart
    for (;;) {
      let at = lineStart
      while (isPlainBase64[chunk[at] ?? 0] === 1) at += 1
      const isLine = chunk[at] === carriageReturn && chunk[at + 1] === lineFeed
      if (!isLine || at === lineStart || at - lineStart > longestLine) return lineStart
      lineStart = at + 2
    }
  }

  /** The message is complete. Call once. */
  end(): MimeTree {
    if (this.#lineStart < this.#size) this.#endLine(new Uint8Array(0), 0, 0, this.#size, 0)
    if (this.#inHeader) this.#endHeader(this.#size)
    for (const part of this.#open) this.#reportUnended(part)
    closeUpTo(this.#part, this.#root, this.#size)
    const seen = this.#seen
    if (seen.nul) this.#ambiguities.add('nul')
    if (seen.bareReturn || this.#lastReturn >= 0) this.#ambiguities.add('bare-cr')
    if (seen.bareFeed && seen.returnAndFeed) this.#ambiguities.add('bare-lf')
    for (const name of uniqueFields) {
      if (fieldsNamed(this.#root.fields, name).length > 1)
        this.#ambiguities.add(`duplicate-${name.toLowerCase()}`)
    }
    return { root: finished(this.#root), ambiguities: [...this.#ambiguities].sort() }
  }

  /** A line is complete: its last bytes are chunk[from, to), `end` is its end in the message. */
  #endLine(chunk: Uint8Array, from: number, to: number, end: number, lineEnd: number): void {
    const start = this.#lineStart
    this.#lineStart = end
    if (this.#inHeader) {
      this.#hold(chunk, from, to)
      const at = start - this.#part.headerStart
      this.#endHeaderLine(this.#header, at, this.#headerLength - lineEnd, start, end, lineEnd)
    } else if (this.#heldLength > 0) {
      this.#hold(chunk, from, to)
      const isLonger = this.#heldLength < end - start
      const length = isLonger ? this.#heldLength : this.#heldLength - lineEnd
      this.#heldLength = 0
      this.#endBodyLine(this.#held, 0, length, start, end)
    } else {
      this.#endBodyLine(chunk, from, to - lineEnd, start, end)
    }
    this.#previousLineEnd = lineEnd
  }

  /** Keeps what may be needed of a line that is not complete, or of a header. */
  #hold(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#inHeader) {
      const room = this.#held.length - this.#heldLength
      const piece = chunk.subarray(from, Math.min(to, from + room))
      this.#held.set(piece, this.#heldLength)
      this.#heldLength += piece.length
      return
    }
    const length = this.#headerLength + to - from
    if (length > this.#limits.headerBytes) {
      throw tooMuch(`A header is larger than ${this.#limits.headerBytes} bytes`)
    }
    if (length > this.#header.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#header.length))
      larger.set(this.#header.subarray(0, this.#headerLength))
      this.#header = larger
    }
    this.#header.set(chunk.subarray(from, to), this.#headerLength)
    this.#headerLength = length
  }

  #endHeaderLine(
    bytes: Uint8Array,
    from: number,
    to: number,
    start: number,
    end: number,
    lineEnd: number,
  ): void {
    if (to === from && lineEnd > 0) {
      this.#endHeader(end)
      return
    }
    if (bytes[from] !== dash || this.#open.length === 0) return
    const length = this.#headerLength
    this.#headerLength = from
    // A boundary ends a header too: RFC 2046 5.1 gives it precedence over everything inside the part.
    if (!this.#isDelimiter(bytes, from, to, start, end)) this.#headerLength = length
  }

  #endBodyLine(bytes: Uint8Array, from: number, to: number, start: number, end: number): void {
    const first = bytes[from]
    if (first === dash && this.#isDelimiter(bytes, from, to, start, end)) return
    if (this.#inBase64) this.#checkBase64(bytes, from, to, end - start)
    else if (this.#part.delimiter && (first === 0x43 || first === 0x63)) this.#checkOutside(bytes, from, to)
  }

  /** Text before the first and behind the last boundary is shown by nobody, unless a reader takes it for a part. */
  #checkOutside(bytes: Uint8Array, from: number, to: number): void {
    const word = 'content-'
    for (let at = 0; at < word.length; at += 1) {
      if (from + at >= to || ((bytes[from + at] ?? 0) | 0x20) !== (word.charCodeAt(at) | 0x20)) return
    }
    this.#ambiguities.add(`header-in-${this.#part.place}`)
  }

  #checkBase64(bytes: Uint8Array, from: number, to: number, lineSize: number): void {
    // RFC 2045 6.8: 76 characters. Programs that cut lines at 998 (RFC 5322 2.1.1) and others see different bytes.
    if (lineSize > longestLine + 2) this.#endBase64Check()
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === equals) this.#paddingSeen = true
      // Some readers stop at padding or at a foreign byte, some skip it.
      else if (!isBase64Byte(byte) || (this.#paddingSeen && byte > 32)) {
        this.#endBase64Check()
        return
      }
    }
  }

  #endBase64Check(): void {
    this.#ambiguities.add('malformed-base64')
    this.#inBase64 = false
  }

  /** Acts on the line if it is a boundary of an open multipart, trying the innermost first. */
  #isDelimiter(bytes: Uint8Array, from: number, to: number, start: number, end: number): boolean {
    if (bytes[from + 1] !== dash || to < from + 2) return false
    let isPrefix = false
    for (let level = this.#open.length - 1; level >= 0; level -= 1) {
      const multipart = this.#open[level]
      if (!multipart?.delimiter || !startsWith(bytes, from, to, multipart.delimiter)) continue
      const rest = from + multipart.delimiter.length
      const isFinal = bytes[rest] === dash && bytes[rest + 1] === dash && rest + 2 <= to
      // Of a longer line not all bytes may be held, so that its end would depend on how the message was cut.
      if (end - start <= this.#held.length && isBlank(bytes, isFinal ? rest + 2 : rest, to)) {
        this.#endPart(multipart, level, start)
        if (isFinal) this.#endMultipart(multipart)
        else this.#startPart(multipart, end)
        return true
      }
      isPrefix = true
    }
    // RFC 2046 5.1.1 wants such a line taken for the boundary; nearly all programs want an exact match.
    if (isPrefix) this.#ambiguities.add('boundary-with-trailing-text')
    const { delimiter, place } = this.#part
    if (delimiter && place === 'epilogue' && startsWith(bytes, from, to, delimiter)) {
      this.#ambiguities.add('boundary-after-final')
    }
    return false
  }

  /** A boundary of `multipart` begins at `start`: what is open inside it ends before the line end in front of it. */
  #endPart(multipart: OpenPart, level: number, start: number): void {
    // First, because the header may open a multipart that ends here at once.
    if (this.#inHeader) this.#endHeader(start)
    for (const part of this.#open.splice(level + 1)) this.#reportUnended(part)
    const last = multipart.children.at(-1)
    if (last) {
      closeUpTo(this.#part, last, Math.max(start - this.#previousLineEnd, last.headerStart))
    }
    this.#part = multipart
    this.#inBase64 = false
  }

  #endMultipart(multipart: OpenPart): void {
    if (multipart.place === 'preamble') this.#ambiguities.add('multipart-without-parts')
    multipart.place = 'epilogue'
    this.#open.pop()
    this.#inHeader = false
    this.#heldLength = 0
  }

  #startPart(parent: OpenPart, headerStart: number): void {
    parent.place = 'parts'
    this.#parts += 1
    if (this.#parts > this.#limits.parts)
      throw tooMuch(`The message has more than ${this.#limits.parts} parts`)
    if (parent.depth + 1 > this.#limits.depth) {
      throw tooMuch(`The parts of the message are nested deeper than ${this.#limits.depth} levels`)
    }
    const part = newPart(parent, headerStart)
    parent.children.push(part)
    this.#part = part
    this.#inHeader = true
    this.#headerLength = 0
    this.#heldLength = 0
  }

  /** The header of the current part is complete and its body begins. */
  #endHeader(bodyStart: number): void {
    const part = this.#part
    const block = this.#header.subarray(0, this.#headerLength)
    this.#inHeader = false
    this.#headerLength = 0
    this.#heldLength = 0
    const { fields, ambiguities } = parseHeader(block)
    this.#countHeader(block.length, fields.length)
    const inDigest = part.parent?.description.contentType.subtype === 'digest' && part.parent.delimiter
    part.fields = fields
    part.bodyStart = bodyStart
    part.description = describePart(fields, inDigest ? 'message/rfc822' : 'text/plain')
    for (const name of [...ambiguities, ...part.description.ambiguities]) this.#ambiguities.add(name)
    const { contentType, transferEncoding, boundary } = part.description
    this.#inBase64 = transferEncoding === 'base64'
    this.#paddingSeen = false
    if (contentType.type === 'multipart') this.#openMultipart(part, boundary)
    else if (isMessage(contentType) && !isEncoded(transferEncoding)) this.#startPart(part, bodyStart)
  }

  #openMultipart(part: OpenPart, boundary: string | undefined): void {
    this.#inBase64 = false
    const trimmed = boundary && withoutBlanksAtEnd(boundary)
    if (!trimmed) {
      this.#ambiguities.add('multipart-without-boundary')
      return
    }
    if (trimmed.length > this.#limits.boundaryLength) throw tooMuch('A boundary is too long')
    if (trimmed.length > 70) this.#ambiguities.add('boundary-too-long')
    // RFC 2046 5.1.1: bchars; a blank never at the end.
    if (trimmed !== boundary || !/^[0-9A-Za-z'()+_,./:=? -]*$/.test(trimmed))
      this.#ambiguities.add('odd-boundary')
    part.delimiter = latin1Bytes(`--${trimmed}`)
    if (this.#open.some(({ delimiter }) => delimiter && isEqual(delimiter, part.delimiter))) {
      this.#ambiguities.add('nested-equal-boundaries')
    }
    this.#open.push(part)
  }

  #countHeader(bytes: number, fields: number): void {
    this.#allHeaderBytes += bytes
    this.#allHeaderFields += fields
    const { headerFields, allHeaderBytes, allHeaderFields } = this.#limits
    if (fields > headerFields) throw tooMuch(`A header has more than ${headerFields} fields`)
    if (this.#allHeaderBytes > allHeaderBytes || this.#allHeaderFields > allHeaderFields) {
      throw tooMuch('The headers of the parts of the message are too large')
    }
  }

  #reportUnended(multipart: OpenPart): void {
    this.#ambiguities.add(
      multipart.place === 'preamble' ? 'multipart-without-parts' : 'missing-final-boundary',
    )
  }
}

function withoutBlanksAtEnd(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1
  return text.slice(0, end)
}

function isEncoded(transferEncoding: string): boolean {
  return transferEncoding === 'base64' || transferEncoding === 'quoted-printable'
}

function startsWith(bytes: Uint8Array, from: number, to: number, prefix: Uint8Array): boolean {
  if (to - from < prefix.length) return false
  for (let at = 0; at < prefix.length; at += 1) if (bytes[from + at] !== prefix[at]) return false
  return true
}

function isEqual(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other?.length === one.length && startsWith(one, 0, one.length, other)
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 32 && bytes[at] !== 9) return false
  return true
}

/** RFC 3463 3.7: X.6.0 is a problem with the content or format of the message. */
function tooMuch(reason: string): PermanentFailure {
  return new PermanentFailure('6.0', reason)
}
