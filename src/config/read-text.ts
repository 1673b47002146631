import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ConfigProblem } from './config-problem.ts'

/** Rules for more than a hundred thousand domains; the YAML of more would keep all mail waiting while it is read. */
const maxBytes = 4 * 1024 * 1024

/** The text of a file of ours; a ConfigProblem when it cannot be read, is too large or not UTF-8. */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readPlainFile(file))
  } catch (cause) {
    const message =
      cause instanceof TypeError ? 'is not UTF-8 text' : `cannot be read: ${(cause as Error).message}`
    throw new ConfigProblem([{ file, line: 1, column: 1, field: '', message }], { cause })
  }
}

async function readPlainFile(path: string): Promise<Uint8Array> {
  // Without waiting: opening a pipe would wait for a writer, and no policy would ever be read again.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const found = await file.stat()
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is no ordinary file')
  if (found.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
  return await file.readFile()
}
