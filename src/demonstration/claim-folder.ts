import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const marker = '.postsiegel-demonstration'

/**
 * Takes a folder for one demonstration: what an earlier one left there is removed. A folder with anything else in it, or
 * one that a running demonstration uses, is refused.
 */
export function claimFolder(folder: string): Disposable {
  mkdirSync(folder, { recursive: true })
  const mark = join(folder, marker)
  if (existsSync(mark)) {
    const pid = Number(readFileSync(mark, 'utf8'))
    if (pid !== process.pid && isDemonstration(pid)) {
      throw new Error(`${folder} is in use by the demonstration with process id ${pid}; choose another --dir`)
    }
  } else if (readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty and not a demonstration's; choose another --dir`)
  }
  writeFileSync(mark, `${process.pid}\n`)
  for (const name of readdirSync(folder)) {
    if (name !== marker) rmSync(join(folder, name), { recursive: true, force: true })
  }
  return { [Symbol.dispose]: () => writeFileSync(mark, '0\n') }
}

/** Whether this process lives and is a Node, so that a process id used again by others does not lock us out. */
function isDemonstration(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node')
  } catch {
    return false // ENOENT: nobody with this number
  }
}
