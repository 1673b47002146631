import { readdir, readFile, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

const pageBytes = 4096

/**
 * Resident memory of a process and all its descendants in bytes, by /proc; 0 when it is gone. Shared pages count in
 * each: good enough for a limit.
 */
export async function residentBytes(pid: number): Promise<number> {
  let sum = 0
  for (const each of await withDescendants(pid)) {
    const statm = await readFile(`/proc/${each}/statm`, 'latin1').catch(() => '')
    sum += Number(statm.split(' ')[1] ?? 0) * pageBytes
  }
  return sum
}

/**
 * Sets the niceness (0 to 19) of a process and all its descendants. Raising it is everybody's right, lowering it again
 * root's; what may not be set stays as it is.
 */
export async function setNiceness(pid: number, niceness: number): Promise<void> {
  // With autogroups the scheduler shares among sessions first, and looks at niceness within each only (sched(7)).
  await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(() => {})
  for (const each of await withDescendants(pid)) {
    for (const thread of await readdir(`/proc/${each}/task`).catch(() => [])) {
      try {
        setPriority(Number(thread), niceness)
      } catch {
        // Ended meanwhile, or not ours to raise.
      }
    }
  }
}

/** The process and its descendants, parents first. Threads are asked one by one: each may have children of its own. */
export async function withDescendants(pid: number): Promise<number[]> {
  const found = [pid]
  for (const each of found) {
    for (const thread of await readdir(`/proc/${each}/task`).catch(() => [])) {
      const children = await readFile(`/proc/${each}/task/${thread}/children`, 'latin1').catch(() => '')
      for (const child of children.split(' ').filter(Boolean)) found.push(Number(child))
    }
  }
  return found
}
