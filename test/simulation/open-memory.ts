import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'

/** A new memory of a gateway, in memory itself where there is such a place: a simulation measures judgements, not disks. */
export async function openMemory(): Promise<Storage> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'simulated-year-'))
  const storage = await openStorage({
    database: { kind: 'sqlite', file: join(folder, 'memory.sqlite') },
    blobs: join(folder, 'blobs'),
    masterKey: new Uint8Array(32),
  })
  const close = async () => {
    await storage[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  }
  return { ...storage, [Symbol.asyncDispose]: close }
}
