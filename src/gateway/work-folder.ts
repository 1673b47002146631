import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const inMemory = '/dev/shm'
const ownName = /^postsiegel-(\d+)-[0-9a-f-]{36}$/

/**
 * A private folder for plain text on its way into a container: in memory where there is such a place, never on a disk.
 * Gone when it is disposed; what a killed gateway left behind goes at the next start.
 */
export async function openWorkFolder(
  otherwise: string,
): Promise<{ readonly path: string } & AsyncDisposable> {
  for (const parent of [inMemory, otherwise]) {
    await removeLeftovers(parent)
    const path = join(parent, `postsiegel-${process.pid}-${randomUUID()}`)
    const made = await mkdir(path, { mode: 0o700 }).then(
      () => true,
      () => false,
    )
    if (made) return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
  }
  throw new Error(`no folder for work files in ${inMemory} and ${otherwise}`)
}

/** The number in the name is the process; another gateway beside us is alive and keeps its folder. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(ownName.exec(name)?.[1] ?? process.pid)
    // Somebody else's folder stays: removing it fails, and that is nothing to stop for.
    if (!isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
