import { readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { TemporaryFailure } from '../failure.ts'
import type { ByteSource } from '../message/byte-source.ts'
import {
  blobKey,
  chunkBytes,
  headerBytes,
  openChunk,
  sealedChunkBytes,
  sealedLayout,
  sealedVersion,
} from './sealed-chunks.ts'

/**
 * A sealed file as readable bytes. All of it is verified before this resolves; afterwards chunks are opened again as
 * they are asked for, so that neither memory nor disk ever holds the whole in clear.
 */
export async function openSealedFile(
  path: string,
  key: Uint8Array,
  id: string,
): Promise<ByteSource & AsyncDisposable> {
  const file = await open(path)
  try {
    const { size: sealedBytes } = await file.stat()
    const layout = sealedLayout(sealedBytes)
    const header = readExactly(file, 0, headerBytes)
    if (!layout || header[0] !== sealedVersion) throw damaged(id)
    const ownKey = blobKey(key, header.subarray(1), id)
    const chunk = (number: number) => {
      const start = headerBytes + number * sealedChunkBytes
      const sealed = readExactly(file, start, Math.min(sealedChunkBytes, sealedBytes - start))
      try {
        return openChunk(ownKey, number, number === layout.chunks - 1, sealed)
      } catch (error) {
        throw damaged(id, error)
      }
    }
    for (let number = 0; number < layout.chunks; number++) {
      chunk(number)
      // Reads are synchronous: let the other sessions have their turn after each megabyte.
      if (number % 16 === 15) await turn()
    }
    return Object.assign(chunkedSource(layout.size, chunk), { [Symbol.asyncDispose]: () => file.close() })
  } catch (error) {
    await file.close()
    throw error
  }
}

function chunkedSource(size: number, chunk: (number: number) => Uint8Array): ByteSource {
  function* pieces(start: number, end: number) {
    const to = Math.min(end, size)
    for (let at = Math.max(0, start); at < to; ) {
      const number = Math.floor(at / chunkBytes)
      const offset = number * chunkBytes
      const piece = chunk(number).subarray(at - offset, to - offset)
      yield piece
      at += piece.length
    }
  }
  return {
    size,
    read: (start, end) => Buffer.concat([...pieces(start, end)]),
    async *stream(start = 0, end = size) {
      yield* pieces(start, end)
    },
    window(start, end) {
      const from = Math.min(Math.max(0, start), size)
      return windowOf(this, from, Math.max(from, Math.min(end, size)))
    },
  }
}

function windowOf(source: ByteSource, from: number, to: number): ByteSource {
  const within = (at: number) => Math.min(from + Math.max(0, at), to)
  return {
    size: to - from,
    read: (start, end) => source.read(within(start), within(end)),
    stream: (start = 0, end = to - from) => source.stream(within(start), within(end)),
    window: (start, end) => windowOf(source, within(start), Math.max(within(start), within(end))),
  }
}

function readExactly(file: FileHandle, start: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  for (let got = 0; got < length; ) {
    const read = readSync(file.fd, bytes, got, length - got, start + got)
    if (read === 0) throw new Error('The file is shorter than it was')
    got += read
  }
  return bytes
}

const damaged = (id: string, cause?: unknown) =>
  new TemporaryFailure('3.0', 'Stored file not available, try again later', {
    cause: new Error(`Blob ${id} is damaged or was sealed with another key`, { cause }),
  })
