import { Base64Decoder } from './base64.ts'
import type { ByteSource } from './byte-source.ts'
import type { MimePart } from './mime-part.ts'
import { QuotedPrintableDecoder } from './quoted-printable.ts'

/** The content of a part's body, its transfer encoding undone; an unknown encoding is passed on as it is. */
export async function* decoded(
  source: ByteSource,
  part: Pick<MimePart, 'bodyStart' | 'bodyEnd' | 'transferEncoding'>,
): AsyncGenerator<Uint8Array> {
  const body = source.stream(part.bodyStart, part.bodyEnd)
  const decoder = decoderOf(part.transferEncoding)
  if (!decoder) {
    yield* body
    return
  }
  for await (const chunk of body) {
    const bytes = decoder.push(chunk)
    if (bytes.length > 0) yield bytes
  }
  const rest = decoder.end()
  if (rest.length > 0) yield rest
}

/** The first bytes of such content, at most `limit`. */
export async function decodedBytes(
  source: ByteSource,
  part: Pick<MimePart, 'bodyStart' | 'bodyEnd' | 'transferEncoding'>,
  limit: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of decoded(source, part)) {
    pieces.push(piece.slice(0, limit - length))
    length = Math.min(limit, length + piece.length)
    if (length === limit) break
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function decoderOf(transferEncoding: string): Base64Decoder | QuotedPrintableDecoder | undefined {
  switch (transferEncoding) {
    case 'base64':
      return new Base64Decoder()
    case 'quoted-printable':
      return new QuotedPrintableDecoder()
  }
  return undefined
}
