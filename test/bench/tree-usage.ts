import { readFileSync } from 'node:fs'
import { withDescendants } from '../../src/converter/process-tree.ts'

/**
 * User and system time of a process, all its descendants and those that they have waited for, in milliseconds (proc(5): fields
 * 14 to 17 of stat, in steps of 10 ms each).
 */
export async function treeCpuMs(pid: number): Promise<number> {
  let ticks = 0
  for (const each of await withDescendants(pid)) {
    const [user, system, waitedUser, waitedSystem] = times(each)
    ticks += user + system + waitedUser + waitedSystem
  }
  return ticks * 10
}

/** What the children that we have waited for took, in milliseconds. */
export function waitedCpuMs(): number {
  const [, , user, system] = times(process.pid)
  return (user + system) * 10
}

function times(pid: number): [number, number, number, number] {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return [0, 0, 0, 0]
  }
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return [fields[11] ?? 0, fields[12] ?? 0, fields[13] ?? 0, fields[14] ?? 0]
}
