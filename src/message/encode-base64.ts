import { encodeLines } from './base64.ts'
import { free } from './free.ts'

// 48 KiB cut to whole lines of 57 bytes: a piece of output stays near 64 KiB.
const pieceBytes = 57 * 862

/**
 * Base64 lines of 76 characters with CRLF (RFC 2045 6.8), also at the end; nothing for no bytes. A piece is valid until the
 * next one is asked for.
 */
export async function* encodeBase64(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const held = new Uint8Array(pieceBytes)
  let length = 0
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + pieceBytes - length)
      held.set(piece, length)
      length += piece.length
      at += piece.length
      if (length === pieceBytes) {
        const lines = encodeLines(held)
        yield lines
        free(lines)
        length = 0
      }
    }
  }
  if (length > 0) yield encodeLines(held.subarray(0, length))
}
