import type { ByteSource } from '../message/byte-source.ts'
import { free } from '../message/free.ts'

/**
 * The bytes of [start, end) for Postfix. A piece is valid until the next one is asked for: what was read from a file is
 * given back at once, so that a message of 25 MB passes without leaving 25 MB for the garbage collector.
 */
export async function* answerBody(
  source: ByteSource,
  start = 0,
  end = source.size,
): AsyncGenerator<Uint8Array> {
  const wanted = source.window(start, end)
  if (!wanted.stretches) {
    yield* wanted.stream()
    return
  }
  for (const stretch of wanted.stretches()) {
    if (stretch.kind === 'memory') yield stretch.bytes
    else
      for await (const piece of stretch.file.source(stretch.start, stretch.end).stream()) {
        yield piece
        free(piece)
      }
  }
}
