import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { maxCrlBytes } from './read-crl.ts'

/**
 * Lists that were fetched, by the address they came from, so that a restart does not fetch them all again. They are
 * signed and judged anew each time, so the folder needs no protection of its own. Nothing here ever fails: without it
 * lists are fetched.
 */
export interface ListsOnDisk {
  /** The list and when it was fetched. */
  read(url: string): Promise<{ readonly bytes: Uint8Array; readonly fetchedAt: Date } | undefined>
  write(url: string, bytes: Uint8Array): Promise<void>
}

/** Authorities of ten countries; the oldest go first. */
const mostFiles = 200
const mostBytes = 256 * 1024 * 1024

export function listsOnDisk(folder: string): ListsOnDisk {
  const fileOf = (url: string) => join(folder, `${createHash('sha256').update(url).digest('hex')}.crl`)
  return {
    async read(url) {
      try {
        const { mtime, size } = await stat(fileOf(url))
        if (size > maxCrlBytes) return undefined
        return { bytes: await readFile(fileOf(url)), fetchedAt: mtime }
      } catch {
        return undefined
      }
    },
    async write(url, bytes) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        // Renamed when it is whole: a crash leaves the list before, or this one.
        const draft = join(folder, `${randomBytes(8).toString('hex')}.new`)
        await writeFile(draft, bytes, { mode: 0o600, flag: 'wx' })
        await rename(draft, fileOf(url))
        await makeRoom(folder)
      } catch {
        // A full disk: the list in memory serves as well.
      }
    },
  }
}

async function makeRoom(folder: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name)
      const { mtimeMs, size } = await stat(path)
      return { path, mtimeMs, size }
    }),
  )
  let bytes = 0
  const newestFirst = files.toSorted((one, other) => other.mtimeMs - one.mtimeMs)
  for (const [index, { path, size }] of newestFirst.entries()) {
    bytes += size
    if (index >= mostFiles || bytes > mostBytes) await rm(path, { force: true })
  }
}
