import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** A program that we started and that ends with us, even if we are killed. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Why it is not running any more; undefined while it runs. */
  ended(): string | undefined
  signal(name: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL to its process group after `graceMs`; resolves when it is gone. */
  stop(graceMs?: number): Promise<void>
}

export interface ChildOptions {
  /** Receives standard output and standard error. */
  readonly log: string
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches us first and we end things in order.
 * setpriv arms the parent-death signal: nothing is left behind when we are killed ourselves.
 */
export async function startChild(argv: readonly string[], options: ChildOptions): Promise<Child> {
  const log = openSync(options.log, 'a', 0o644)
  let process: ChildProcess
  try {
    process = spawn('setpriv', ['--pdeathsig', 'TERM', ...argv], {
      stdio: ['ignore', log, log],
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...globalThis.process.env, ...options.environment },
    })
    await once(process, 'spawn')
  } finally {
    closeSync(log)
  }
  const pid = process.pid as number
  const gone = new Promise<void>((resolve) => process.once('exit', () => resolve()))
  const ended = () => {
    if (process.exitCode !== null)
      return `${argv[0]} ended with status ${process.exitCode}, see ${options.log}`
    if (process.signalCode !== null) return `${argv[0]} ended by ${process.signalCode}, see ${options.log}`
    return undefined
  }
  const stop = async (graceMs = 15_000) => {
    if (ended() === undefined) {
      process.kill('SIGTERM')
      const patience = setTimeout(() => killGroup(pid), graceMs)
      await gone
      clearTimeout(patience)
    }
    // What it started and left: same group, nobody else's.
    killGroup(pid)
  }
  return {
    pid,
    ended,
    signal: (name) => void process.kill(name),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  }
}

/** The end of a log, for errors: the log itself may be gone when somebody reads them. */
export function lastLines(file: string): string {
  const text = readFileSync(file, { encoding: 'utf8', flag: 'a+' })
  return text.trimEnd().split('\n').slice(-15).join('\n')
}

function killGroup(pid: number): void {
  try {
    globalThis.process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: nobody is left in the group.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
