import { readFileSync } from 'node:fs'

const lookEveryMs = 500

/**
 * Calls `ended` when the npm that started us is gone: it passes no signal on, and whoever ends `npm start` by its
 * process number means the demonstration. Does nothing when npm did not start us.
 */
export function whenNpmEnds(ended: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  // npm starts a shell, which may stay between npm and us. Who started npm is nobody's business.
  const behindShell = /^(?:da|ba)?sh$/.test(nameOf(process.ppid))
  const line = (behindShell ? [process.pid, process.ppid] : [process.pid]).map((pid) => ({
    pid,
    parent: parentOf(pid),
  }))
  const timer = setInterval(() => {
    if (line.every(({ pid, parent }) => parentOf(pid) === parent)) return
    clearInterval(timer)
    ended()
  }, lookEveryMs)
  timer.unref()
}

/** proc(5): the fourth field of stat; the second is a name in parentheses that may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // it has ended
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim()
  } catch {
    return ''
  }
}
