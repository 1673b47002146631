import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const marker = '.postsiegel-demonstration'
const runPrefix = join(tmpdir(), 'postsiegel-run-')

export interface ClaimedFolder extends Disposable {
  /** A short path that the user postfix can pass, for sockets and queues; `run` in the folder leads there. */
  readonly run: string
}

/**
 * Takes a folder for one demonstration: what an earlier one left there is removed. A folder with anything else in it, or
 * one that a running demonstration uses, is refused.
 */
export function claimFolder(folder: string): ClaimedFolder {
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
  // An earlier demonstration that was killed could not remove this itself.
  const leftBehind = lstatSync(join(folder, 'run'), { throwIfNoEntry: false })?.isSymbolicLink()
  if (leftBehind) removeRun(readlinkSync(join(folder, 'run')))
  for (const name of readdirSync(folder)) {
    if (name !== marker) rmSync(join(folder, name), { recursive: true, force: true })
  }
  const run = mkdtempSync(runPrefix)
  chmodSync(run, 0o755)
  symlinkSync(run, join(folder, 'run'))
  return {
    run,
    [Symbol.dispose]: () => {
      removeRun(run)
      rmSync(join(folder, 'run'), { force: true })
      writeFileSync(mark, '0\n')
    },
  }
}

function removeRun(run: string): void {
  if (run.startsWith(runPrefix)) rmSync(run, { recursive: true, force: true })
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
