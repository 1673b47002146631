/**
 * Bytes that can be read again and again without being held in memory: a spooled message, a part of it, or a
 * document made from it. Offsets and sizes in bytes. Reading fails with a TemporaryFailure if the medium does.
 */
export interface ByteSource {
  readonly size: number
  /** The bytes of [start, end), clipped to the source. For headers and small parts; the caller bounds the length. */
  read(start: number, end: number): Uint8Array
  /**
   * The bytes of [start, end) in pieces of at most 64 KiB. What may run in a worker thread must not keep a piece: there it is
   * valid until the next one is asked for.
   */
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>
  /** A window on the same bytes: [start, end). */
  window(start: number, end: number): ByteSource
  /** Where the bytes lie, in order, so that another thread can read them. Absent where they lie nowhere as they are. */
  stretches?(): readonly Stretch[]
}

/** Bytes that lie together: in memory, or [start, end) of a file. */
export type Stretch =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly file: SharedFile; readonly start: number; readonly end: number }

/** A file that all threads of this process can use by its descriptor. */
export interface SharedFile {
  readonly descriptor: number
  /** Until disposed, the descriptor stays open and its number means this file, even if the message is over meanwhile. */
  hold(): Disposable
  /** What its streams give belongs to who asked: each piece is read anew. */
  source(start: number, end: number): ByteSource
}

const pieceBytes = 64 * 1024

/** Bytes that are in memory already. */
export function bytesInMemory(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (start, end) => bytes.subarray(Math.max(0, start), Math.max(0, end)),
    async *stream(start = 0, end = bytes.length) {
      for (let at = start; at < end; at += pieceBytes)
        yield bytes.subarray(at, Math.min(at + pieceBytes, end))
    },
    window: (start, end) => bytesInMemory(bytes.subarray(Math.max(0, start), Math.max(0, end))),
    stretches: () => [{ kind: 'memory', bytes }],
  }
}

/** Several sources read as one, in order, without copying any of them. */
export function concatenated(sources: readonly ByteSource[]): ByteSource {
  const size = sources.reduce((sum, source) => sum + source.size, 0)
  const overlaps = (start: number, end: number) => {
    const found: { source: ByteSource; from: number; to: number }[] = []
    let offset = 0
    for (const source of sources) {
      const from = Math.max(0, start - offset)
      const to = Math.min(source.size, end - offset)
      if (from < to) found.push({ source, from, to })
      offset += source.size
    }
    return found
  }
  return {
    size,
    read(start, end) {
      const pieces = overlaps(start, end).map(({ source, from, to }) => source.read(from, to))
      const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
      let at = 0
      for (const piece of pieces) {
        joined.set(piece, at)
        at += piece.length
      }
      return joined
    },
    async *stream(start = 0, end = size) {
      for (const { source, from, to } of overlaps(start, end)) yield* source.stream(from, to)
    },
    window: (start, end) =>
      concatenated(overlaps(start, end).map(({ source, from, to }) => source.window(from, to))),
    ...(sources.every(({ stretches }) => stretches)
      ? { stretches: () => sources.flatMap((source) => source.stretches?.() ?? []) }
      : {}),
  }
}

/** A place for bytes of unknown length: in memory while small, in a private file above. Whoever made it removes it. */
export interface SpoolWriter {
  /** Appends. Fails with TemporaryFailure 3.1 when the disk is full, PermanentFailure 3.4 above the limit. */
  write(bytes: Uint8Array): void
  /** No more is written; what was written can be read until the spool is closed. */
  finish(): ByteSource
}

/** Spools for one message; closing it removes them all. */
export interface Workspace extends AsyncDisposable {
  writer(): SpoolWriter
  /** Everything of `bytes`, spooled. */
  collect(bytes: AsyncIterable<Uint8Array>): Promise<ByteSource>
  /** A new file for another thread to write to, under the same limits. Fails like `SpoolWriter.write`. */
  shareFile(): { readonly file: SharedFile; readonly limits: SpoolLimits }
}

export interface SpoolLimits {
  /** Bytes that each writer keeps in memory before it takes a file. */
  readonly memoryLimit: number
  /** Bytes that one writer takes at most. */
  readonly sizeLimit: number
}
