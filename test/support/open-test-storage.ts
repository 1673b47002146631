import { join } from 'node:path'
import { openStorage, type Storage, type StorageSettings } from '../../src/storage/open-storage.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const testKey = Uint8Array.from({ length: 32 }, (_, at) => at)

/** A storage with blobs of its own, over a new SQLite file or over the database given. */
export async function openTestStorage(database?: StorageSettings['database']): Promise<Storage> {
  const folder = temporaryFolder()
  const storage = await openStorage({
    database: database ?? { kind: 'sqlite', file: join(folder.path, 'postsiegel.sqlite') },
    blobs: join(folder.path, 'blobs'),
    masterKey: testKey,
  }).catch((error: unknown) => {
    folder[Symbol.dispose]()
    throw error
  })
  const close = async () => {
    await storage[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  }
  return { ...storage, [Symbol.asyncDispose]: close }
}
