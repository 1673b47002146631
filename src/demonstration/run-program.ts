import { execFile } from 'node:child_process'

export interface ProgramResult {
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end with `input` on its standard input; at most 64 MiB of output and two minutes. */
export function runProgram(argv: readonly string[], input?: string | Uint8Array): Promise<ProgramResult> {
  const [program = '', ...rest] = argv
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, timeout: 120_000 } as const
    const child = execFile(program, rest, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') {
        return reject(new Error(`${program} did not run to its end`, { cause: error }))
      }
      const status = error ? (error.code as number) : 0
      return resolve({ status, stdout, stderr: stderr.toString('utf8') })
    })
    // A program that does not read its input closes it: its status tells all.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** The same for programs that must succeed. */
export async function mustRun(argv: readonly string[], input?: string | Uint8Array): Promise<Buffer> {
  const { status, stdout, stderr } = await runProgram(argv, input)
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with status ${status}: ${stderr.trim()}`)
  return stdout
}
