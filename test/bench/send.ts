import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BenchSite, Variant } from './bench-site.ts'

const run = promisify(execFile)

/** A hundred large messages take minutes on a busy machine. */
const limitMs = 1_200_000

export interface Load {
  readonly file: string
  readonly sessions: number
  readonly messages: number
}

/** Sends by smtp-source, one message in each SMTP session; the seconds from the first connection to the last reply. */
export async function send(bench: BenchSite, variant: Variant, load: Load): Promise<number> {
  const { sessions, messages, file } = load
  const start = performance.now()
  const argv = ['-s', sessions, '-m', messages, '-F', file, '-f', bench.sender, '-t', bench.recipient]
  // It fails if any message is not accepted.
  await run('smtp-source', [...argv, `127.0.0.1:${bench.ports[variant]}`].map(String), { timeout: limitMs })
  return (performance.now() - start) / 1000
}
