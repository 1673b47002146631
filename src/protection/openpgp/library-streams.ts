import type { WebStream } from 'openpgp'
import { free } from '../../message/free.ts'

/** Pieces in the form that the library reads. They are copied: it keeps and changes what it is given. */
export function streamOf(pieces: AsyncIterable<Uint8Array>): WebStream<Uint8Array<ArrayBuffer>> {
  const copies = async function* () {
    for await (const piece of pieces) yield Uint8Array.from(piece)
  }
  return ReadableStream.from(copies()) as unknown as WebStream<Uint8Array<ArrayBuffer>>
}

/**
 * What the library gives, bytes or ASCII text, in one piece or many, as bytes; armored lines get CRLF. A piece is
 * valid until the next one is asked for.
 */
export async function* fromStream(result: unknown): AsyncGenerator<Uint8Array> {
  if (typeof result === 'string' || result instanceof Uint8Array) {
    yield bytesOf(result)
    return
  }
  // Not `for await`: the library reads along by replacing the methods of its streams, and forgets that one.
  const reader = (result as ReadableStream<string | Uint8Array>).getReader()
  let isDone = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      isDone = done
      if (value === undefined) return
      if (value.length === 0) continue
      const bytes = bytesOf(value)
      yield bytes
      // Bytes of the library may be in use there.
      if (typeof value === 'string') free(bytes)
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined)
  }
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece.replaceAll('\n', '\r\n'), 'latin1') : piece
}
