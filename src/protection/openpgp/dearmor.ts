import { Base64Decoder } from '../../message/base64.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { free } from '../../message/free.ts'

/** The bytes are no OpenPGP message, or only a piece of one. */
export class MalformedOpenPgp extends Error {
  override readonly name = 'MalformedOpenPgp'
}

/** Text in front of the armor and headers in it; programs write some hundred bytes. */
const longestHead = 16 * 1024
const longestTail = 4 * 1024
const beginLine = /^-----BEGIN PGP MESSAGE-----[ \t]*\r?\n/m

/**
 * The packets of a message that is armored (RFC 9580 6.2) or binary. What stands around the armor is dropped, never
 * joined with the content. Reads in pieces; can be started again. Fails with MalformedOpenPgp.
 */
export async function* dearmored(source: ByteSource): AsyncGenerator<Uint8Array> {
  const [first] = source.read(0, 1)
  if (first === undefined) throw new MalformedOpenPgp('nothing there')
  // RFC 9580 4.2: the highest bit of a packet is set, and never in armor.
  if ((first & 0x80) !== 0) {
    yield* source.stream()
    return
  }
  const decoder = new Base64Decoder()
  let tail = ''
  for await (const chunk of source.stream(bodyStartOf(source))) {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (tail === '') {
      const end = endOfBase64(piece)
      const bytes = decoder.push(piece.subarray(0, end))
      if (bytes.length > 0) yield bytes
      free(new Uint8Array(bytes.buffer))
      tail = piece.subarray(end).toString('latin1')
    } else {
      tail += piece.toString('latin1')
    }
    if (tail.length > longestTail) tail = tail.slice(0, longestTail)
  }
  // RFC 9580 6.1: the checksum must not decide; the message has a better one inside.
  const end = /^(={0,2})\s*(?:=[A-Za-z0-9+/]{4}\s+)?-----END PGP MESSAGE-----/.exec(tail)
  if (!end) throw new MalformedOpenPgp('armor without end')
  const rest = decoder.end()
  if (rest.length > 0) yield rest
}

/** Where padding, checksum or last line begins: none of their first characters occurs in the body before. */
function endOfBase64(piece: Buffer): number {
  const dash = piece.indexOf(0x2d)
  const equals = piece.subarray(0, dash < 0 ? piece.length : dash).indexOf(0x3d)
  return equals >= 0 ? equals : dash >= 0 ? dash : piece.length
}

function bodyStartOf(source: ByteSource): number {
  const head = Buffer.from(source.read(0, longestHead)).toString('latin1')
  const begin = beginLine.exec(head)
  if (!begin) throw new MalformedOpenPgp('no armor')
  let at = begin.index + begin[0].length
  for (;;) {
    const next = head.indexOf('\n', at) + 1
    if (next === 0) throw new MalformedOpenPgp('armor header without end')
    const line = head.slice(at, next).trimEnd()
    if (line === '') return next
    // Some programs leave out the blank line where there are no headers.
    if (!/^[A-Za-z]{1,20}:(?: |$)/.test(line)) return at
    at = next
  }
}
