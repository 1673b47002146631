const equals = 0x3d
const carriageReturn = 13
const lineFeed = 10
const hexDigits = Uint8Array.from('0123456789ABCDEF', (digit) => digit.charCodeAt(0))

const isBlank = (byte: number | undefined) => byte === 32 || byte === 9

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte & 0xdf
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1
}

/**
 * Decodes quoted-printable in pieces, tolerantly (RFC 2045 6.7): a broken escape stays as text, blanks at the end of a
 * line are transport damage and dropped. `held` is at most one line's undecided end.
 */
export class QuotedPrintableDecoder {
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0)

  push(encoded: Uint8Array, last = false): Uint8Array<ArrayBuffer> {
    const input = new Uint8Array(this.#held.length + encoded.length)
    input.set(this.#held)
    input.set(encoded, this.#held.length)
    const decoded = new Uint8Array(input.length)
    let length = 0
    let at = 0
    while (at < input.length) {
      const byte = input[at] ?? 0
      if (byte === equals) {
        if (at + 2 >= input.length && !last) break
        const high = hexValue(input[at + 1])
        const low = hexValue(input[at + 2])
        if (high >= 0 && low >= 0) {
          decoded[length++] = high * 16 + low
          at += 3
          continue
        }
        const end = endOfBlanks(input, at + 1)
        if (!last && undecided(input, end) && end - at <= maxBlanks) break
        const lineEnd = lengthOfLineEnd(input, end)
        if (lineEnd > 0 || (last && end === input.length)) {
          at = end + lineEnd
          continue
        }
      } else if (isBlank(byte)) {
        const end = endOfBlanks(input, at)
        if (!last && undecided(input, end) && end - at <= maxBlanks) break
        if (lengthOfLineEnd(input, end) === 0 && !(last && end === input.length)) {
          decoded.set(input.subarray(at, end), length)
          length += end - at
        }
        at = end
        continue
      }
      decoded[length++] = byte
      at += 1
    }
    this.#held = input.slice(at)
    return decoded.subarray(0, length)
  }

  end(): Uint8Array<ArrayBuffer> {
    return this.push(new Uint8Array(0), true)
  }
}

// Lines have at most 998 characters (RFC 5322 2.1.1). A longer run of blanks is kept without waiting for its end, so
// that no message makes us copy a growing rest again and again.
const maxBlanks = 998

/** Whether what follows the blanks is not here yet. */
function undecided(input: Uint8Array, end: number): boolean {
  return end === input.length || (input[end] === carriageReturn && end + 1 === input.length)
}

function endOfBlanks(input: Uint8Array, from: number): number {
  let end = from
  while (isBlank(input[end])) end += 1
  return end
}

function lengthOfLineEnd(input: Uint8Array, at: number): number {
  if (input[at] === lineFeed) return 1
  return input[at] === carriageReturn
    ? input[at + 1] === lineFeed
      ? 2
      : input[at + 1] === undefined
        ? 1
        : 0
    : 0
}

// RFC 2045 6.7 (5): at most 76 characters, the soft line break's "=" among them.
const maxLine = 76

/**
 * Text as quoted-printable lines with CRLF. CRLF and LF are line breaks; other controls, 8-bit bytes, blanks at a
 * line's end, and "F", "-" and "." at its start are escaped, so that no relay has a reason to touch the line (RFC 8551
 * 3.1.3) and no line can be a boundary.
 */
export async function* encodeQuotedPrintable(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let column = 0
  // One byte of look-ahead tells whether CR is half a line break and whether a blank ends its line.
  let pending: number | undefined
  const encode = (input: Uint8Array, last: boolean): Uint8Array => {
    // Worst case: an escape of 3 for each byte, and a soft break of 3 for each 75 characters.
    const output = new Uint8Array((input.length + 1) * 4 + 8)
    let length = 0
    const put = (byte: number, escaped: boolean) => {
      const width = escaped ? 3 : 1
      if (column + width > maxLine - 1) {
        output[length++] = equals
        output[length++] = carriageReturn
        output[length++] = lineFeed
        column = 0
      }
      if (escaped) {
        output[length++] = equals
        output[length++] = hexDigits[byte >> 4] ?? 0
        output[length++] = hexDigits[byte & 15] ?? 0
      } else {
        output[length++] = byte
      }
      column += width
    }
    const decide = (byte: number, next: number | undefined) => {
      if (byte === carriageReturn && next === lineFeed) return
      if (byte === lineFeed) {
        output[length++] = carriageReturn
        output[length++] = lineFeed
        column = 0
        return
      }
      const endsLine = next === undefined || next === lineFeed || next === carriageReturn
      // First on a line of the encoded text: one escaped letter protects "From ", an escaped dash keeps any line from
      // being a boundary, which the sender chose, and an escaped dot from being the end of an SMTP transaction.
      const startsLine = column === 0 || column === maxLine - 1
      const isRisky = startsLine && (byte === 0x46 || byte === 0x2d || byte === 0x2e)
      put(byte, isBlank(byte) ? endsLine : byte < 33 || byte > 126 || byte === equals || isRisky)
    }
    for (let at = 0; at < input.length; at += 1) {
      const byte = input[at] ?? 0
      if (pending !== undefined) decide(pending, byte)
      pending = byte
    }
    if (last && pending !== undefined) {
      decide(pending, undefined)
      pending = undefined
    }
    return output.subarray(0, length)
  }
  for await (const chunk of text) yield encode(chunk, false)
  yield encode(new Uint8Array(0), true)
}
