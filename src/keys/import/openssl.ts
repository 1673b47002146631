import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { KeyImportError, wrongPassword } from './key-import-error.ts'

/** A key file may ask for any number of rounds to derive its key; nobody's real one takes seconds. */
const timeLimit = 10_000
/** Some hundred certificates. */
const maxOutputBytes = 4 * 1024 * 1024

export interface OpensslResult {
  readonly succeeded: boolean
  readonly output: string
  readonly complaint: string
}

/**
 * Runs the openssl program on bytes. They go in by stdin and come out by stdout, the password by descriptor 3 (name
 * it `fd:3`): no file, no argument and no environment ever holds a secret.
 */
export async function openssl(
  args: readonly string[],
  input: Uint8Array,
  password?: string,
): Promise<OpensslResult> {
  // It reads one line as the password; another one would be silently cut off.
  if (password !== undefined && /[\r\n\0]/.test(password)) throw wrongPassword()
  const child = spawn('openssl', args, {
    // LC_ALL: the complaints are compared. OPENSSL_CONF and the like are not passed on.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    timeout: timeLimit,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new KeyImportError('openssl-missing', 'The openssl program cannot be started: install openssl', {
          cause,
        }),
      ),
    )
    child.once('close', resolve)
  })
  // The program may end before it has read all: that is its answer, not a failure of ours.
  const feed = (stream: Writable | null, bytes: Uint8Array | string) =>
    stream?.on('error', () => {}).end(bytes)
  feed(child.stdio[3] as Writable | null, `${password ?? ''}\n`)
  feed(child.stdin, input)
  const [code, output, complaint] = await Promise.all([ended, textOf(child.stdout), textOf(child.stderr)])
  return { succeeded: code === 0, output, complaint }

  async function textOf(stream: Readable): Promise<string> {
    const pieces: Buffer[] = []
    let size = 0
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxOutputBytes) {
        child.kill('SIGKILL')
        throw new KeyImportError('too-large', 'The file holds too much for a file of keys')
      }
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('latin1')
  }
}
