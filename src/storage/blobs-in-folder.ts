import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { MailFailure, TemporaryFailure } from '../failure.ts'
import type { Blobs } from './blobs.ts'
import { openSealedFile } from './open-sealed-file.ts'
import { blobKey, chunkBytes, saltBytes, sealChunk, sealedVersion } from './sealed-chunks.ts'

/** Longer than any end of message (240 s) may take, so that another process's half-written file is left alone. */
const abandonedAfterMs = 60 * 60 * 1000

const incoming = 'incoming'
const blobId = /^[0-9a-f]{32}$/

/**
 * Blobs as sealed files `ab/cd/abcd...`. Nothing is ever decrypted onto the disk. A file appears under its name only
 * when it is whole and on the medium; what a crash left half-written lies in `incoming` and is swept at the next start.
 */
export async function openBlobsInFolder(where: string, key: Uint8Array): Promise<Blobs> {
  const folder = resolve(where)
  await mkdir(join(folder, incoming), { recursive: true, mode: 0o700 }).catch(asMailFailure)
  await sweepAbandoned(join(folder, incoming)).catch(asMailFailure)
  const pathOf = (id: string) => {
    if (!blobId.test(id))
      throw new TemporaryFailure('3.0', 'Stored file not available', { cause: new Error(`Blob ${id}`) })
    return join(folder, id.slice(0, 2), id.slice(2, 4), id)
  }
  return {
    async put(bytes) {
      const id = randomBytes(16).toString('hex')
      const unfinished = join(folder, incoming, id)
      try {
        await writeDurably(unfinished, sealedBytes(bytes, key, id))
        await mkdir(dirname(pathOf(id)), { recursive: true, mode: 0o700 })
        await rename(unfinished, pathOf(id))
        // A name is on the medium only when its folder is, and so on up to the folder that was there before us.
        for (const parent of [dirname(pathOf(id)), dirname(dirname(pathOf(id))), folder])
          await flushFolder(parent)
        return id
      } catch (error) {
        // Both names: whatever failed, nobody will learn this id.
        await rm(unfinished, { force: true }).catch(() => {})
        await rm(pathOf(id), { force: true }).catch(() => {})
        return asMailFailure(error)
      }
    },
    open: (id) =>
      Promise.resolve(id)
        .then(pathOf)
        .then((path) => openSealedFile(path, key, id))
        .catch(asMailFailure),
    remove: async (id) => rm(pathOf(id), { force: true }).catch(asMailFailure),
    async *ids() {
      try {
        for await (const entry of await opendir(folder, { recursive: true })) {
          if (entry.isFile() && blobId.test(entry.name) && entry.parentPath !== join(folder, incoming))
            yield entry.name
        }
      } catch (error) {
        asMailFailure(error)
      }
    },
  }
}

async function* sealedBytes(bytes: AsyncIterable<Uint8Array>, key: Uint8Array, id: string) {
  const salt = randomBytes(saltBytes)
  yield Buffer.concat([Uint8Array.of(sealedVersion), salt])
  const ownKey = blobKey(key, salt, id)
  const chunk = Buffer.alloc(chunkBytes)
  let filled = 0
  let number = 0
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      // A full chunk waits for the next byte: until then nobody knows whether it is the last.
      if (filled === chunkBytes) {
        yield sealChunk(ownKey, number++, false, chunk)
        filled = 0
      }
      const taken = Math.min(chunkBytes - filled, piece.length - at)
      chunk.set(piece.subarray(at, at + taken), filled)
      filled += taken
      at += taken
    }
  }
  yield sealChunk(ownKey, number, true, chunk.subarray(0, filled))
}

async function writeDurably(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  await using file: FileHandle = await open(path, 'wx', 0o600)
  for await (const piece of bytes) await file.writeFile(piece)
  // If this fails the file counts as lost: after a failed fsync a second one may claim success (fsyncgate, 2018).
  await file.sync()
}

async function flushFolder(path: string): Promise<void> {
  await using folder = await open(path)
  await folder.sync()
}

async function sweepAbandoned(folder: string): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name)
    const written = await stat(path).catch(() => undefined)
    if (written && Date.now() - written.mtimeMs > abandonedAfterMs) await rm(path, { force: true })
  }
}

function asMailFailure(error: unknown): never {
  if (error instanceof MailFailure) throw error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    throw new TemporaryFailure('3.1', 'Mail system storage full, try again later', { cause: error })
  }
  throw new TemporaryFailure('3.0', 'Stored file not available, try again later', { cause: error })
}
