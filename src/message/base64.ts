const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const characters = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
/** The letters of 12 bits, side by side as they lie in memory. */
const pairs = new Uint16Array(
  Uint8Array.from({ length: 2 * 4096 }, (_, at) => characters[at % 2 === 0 ? at >> 7 : (at >> 1) & 63] ?? 0)
    .buffer,
)
const skipped = 64
const padding = 65
const values = new Uint8Array(256).fill(skipped)
for (let value = 0; value < 64; value += 1) values[characters[value] ?? 0] = value
values[0x3d] = padding

/** Whether `byte` may stand in a base64 body: alphabet, padding, white space (RFC 2045 6.8). */
export function isBase64Byte(byte: number): boolean {
  return values[byte] !== skipped || byte === 10 || byte === 13 || byte === 32 || byte === 9
}

/**
 * Decodes base64 in pieces, the way mail programs do: foreign bytes are skipped, padding ends a quantum and decoding
 * goes on behind it, a last quantum without its padding still counts (RFC 2045 6.8).
 */
export class Base64Decoder {
  #bits = 0
  #count = 0

  push(encoded: Uint8Array): Uint8Array<ArrayBuffer> {
    const decoded = new Uint8Array(Math.ceil((encoded.length * 3) / 4) + 3)
    let length = 0
    let bits = this.#bits
    let count = this.#count
    for (let at = 0; at < encoded.length; at += 1) {
      const value = values[encoded[at] ?? 0] ?? skipped
      if (value === skipped) continue
      if (value === padding) {
        // Two characters hold one byte, three hold two; what is left over is nothing.
        if (count >= 2) decoded[length++] = count === 2 ? bits >> 4 : bits >> 10
        if (count === 3) decoded[length++] = (bits >> 2) & 0xff
        bits = 0
        count = 0
        continue
      }
      bits = (bits << 6) | value
      count += 1
      if (count === 4) {
        decoded[length] = bits >> 16
        decoded[length + 1] = (bits >> 8) & 0xff
        decoded[length + 2] = bits & 0xff
        length += 3
        bits = 0
        count = 0
      }
    }
    this.#bits = bits
    this.#count = count
    return decoded.subarray(0, length)
  }

  end(): Uint8Array<ArrayBuffer> {
    return this.push(Uint8Array.of(0x3d))
  }
}

/** The bytes that `encoded` stands for. */
export function decodeBase64(encoded: Uint8Array): Uint8Array {
  const decoder = new Base64Decoder()
  const start = decoder.push(encoded)
  const rest = decoder.end()
  const whole = new Uint8Array(start.length + rest.length)
  whole.set(start)
  whole.set(rest, start.length)
  return whole
}

// RFC 2045 6.8: lines of at most 76 characters, so 57 bytes each.
const lineBytes = 57

/** `bytes` as base64 lines, each ending in CRLF. */
export function encodeLines(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const lines = Math.ceil(bytes.length / lineBytes)
  const encoded = new Uint8Array(4 * Math.ceil(bytes.length / 3) + 2 * lines)
  // Two letters at a time: a triple is two of them, a line 38, its end one more.
  const doubles = new Uint16Array(encoded.buffer)
  let to = 0
  for (let line = 0; line < bytes.length; line += lineBytes) {
    const end = Math.min(line + lineBytes, bytes.length)
    let at = line
    for (; at + 2 < end; at += 3) {
      const triple = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
      doubles[to] = pairs[triple >> 12] ?? 0
      doubles[to + 1] = pairs[triple & 0xfff] ?? 0
      to += 2
    }
    if (at < end) {
      const triple = ((bytes[at] ?? 0) << 16) | (at + 1 < end ? (bytes[at + 1] ?? 0) << 8 : 0)
      const last = 2 * to
      encoded[last] = characters[triple >> 18] ?? 0
      encoded[last + 1] = characters[(triple >> 12) & 63] ?? 0
      encoded[last + 2] = at + 1 < end ? (characters[(triple >> 6) & 63] ?? 0) : 0x3d
      encoded[last + 3] = 0x3d
      to += 2
    }
    encoded[2 * to] = 13
    encoded[2 * to + 1] = 10
    to += 1
  }
  return encoded
}
