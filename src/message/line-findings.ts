/** What servers on the way may change or refuse in a body, and so would break its signature. */
export interface LineFindings {
  /** Bytes above 127, or NUL. */
  readonly eightBit: boolean
  /** A line of more than 998 bytes (RFC 5322 2.1.1). */
  readonly overlong: boolean
  readonly bareReturn: boolean
  readonly bareFeed: boolean
  /** A blank at the end of a line, which some relays cut off. */
  readonly trailingBlank: boolean
  /** A line that begins with "From ", which some mailboxes change to ">From ". */
  readonly fromLine: boolean
}

const from = [0x46, 0x72, 0x6f, 0x6d, 0x20]
const longestLine = 998

/** ASCII behind the control characters that count. Not 0, so the end of a piece ends them, too. */
const isOrdinary = Uint8Array.from({ length: 256 }, (_, byte) => (byte > 13 && byte < 128 ? 1 : 0))

/** Whole words of four bytes; none where the bytes do not begin at one. */
function wordsOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  return byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : new Int32Array(0)
}

/** Where the ordinary bytes end, from `from` on. */
function pastOrdinary(bytes: Uint8Array, words: Int32Array, from: number): number {
  let at = from
  while ((at & 3) !== 0 && isOrdinary[bytes[at] ?? 0] === 1) at += 1
  if ((at & 3) === 0) {
    let word = at >> 2
    for (; word < words.length; word += 1) {
      const four = words[word] ?? 0
      // The highest bit is set in a byte above 127, and, once 14 is taken away, in the lowest byte that was below 14.
      if (((four | (four - 0x0e0e0e0e)) & 0x80808080) !== 0) break
    }
    at = Math.max(at, word << 2)
  }
  while (isOrdinary[bytes[at] ?? 0] === 1) at += 1
  return at
}

export async function findInLines(bytes: AsyncIterable<Uint8Array>): Promise<LineFindings> {
  const found = {
    eightBit: false,
    overlong: false,
    bareReturn: false,
    bareFeed: false,
    trailingBlank: false,
    fromLine: false,
  }
  let previous = 10
  let beforeReturn = 10
  let column = 0
  let matched = 0
  for await (const chunk of bytes) {
    const words = wordsOf(chunk)
    for (let at = 0; at < chunk.length; at += 1) {
      if (previous !== 13 && column !== matched) {
        // Nearly all of a line, past its first letters, says nothing; and every byte that is signed comes through here.
        const start = at
        at = pastOrdinary(chunk, words, at)
        if (at > start) {
          column += at - start
          previous = chunk[at - 1] ?? 0
        }
        if (at === chunk.length) break
      }
      const byte = chunk[at] ?? 0
      if (byte === 10) {
        const paired = previous === 13
        if (!paired) found.bareFeed = true
        if (isBlank(paired ? beforeReturn : previous)) found.trailingBlank = true
        if (column - (paired ? 1 : 0) > longestLine) found.overlong = true
        column = 0
        matched = 0
      } else {
        if (previous === 13) found.bareReturn = true
        if (byte === 13) beforeReturn = previous
        else if (byte > 127 || byte === 0) found.eightBit = true
        if (column === matched && matched < from.length && byte === from[matched]) {
          matched += 1
          if (matched === from.length) found.fromLine = true
        }
        column += 1
      }
      previous = byte
    }
  }
  if (previous === 13) found.bareReturn = true
  if (isBlank(previous)) found.trailingBlank = true
  if (column > longestLine) found.overlong = true
  return found
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9
}

/** The same text with CRLF for every LF that stands alone; a CR alone stays. */
export async function* withLineEnds(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let previous = 0
  for await (const chunk of bytes) {
    const output = new Uint8Array(2 * chunk.length)
    let length = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0
      if (byte === 10 && previous !== 13) output[length++] = 13
      output[length++] = byte
      previous = byte
    }
    yield output.subarray(0, length)
  }
}
