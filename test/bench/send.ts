import { runProgram } from '../../src/demonstration/run-program.ts'
import type { BenchSite, Variant } from './bench-site.ts'

export interface Load {
  readonly file: string
  readonly sessions: number
  readonly messages: number
}

/** Sends by smtp-source, one message in each SMTP session; the seconds from the first connection to the last reply. */
export async function send(bench: BenchSite, variant: Variant, load: Load): Promise<number> {
  const { sessions, messages, file } = load
  const argv = ['smtp-source', '-s', sessions, '-m', messages, '-F', file, '-f', bench.sender, '-t']
  const start = performance.now()
  const { status, stderr } = await runProgram(
    [...argv, bench.recipient, `127.0.0.1:${bench.ports[variant]}`].map(String),
  )
  const seconds = (performance.now() - start) / 1000
  if (status !== 0) throw new Error(`smtp-source with ${variant}: ${stderr.trim()}`)
  return seconds
}
