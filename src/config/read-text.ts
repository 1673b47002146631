import { readFile } from 'node:fs/promises'
import { ConfigProblem } from './config-problem.ts'

/** The text of a file of ours; a ConfigProblem when it cannot be read or is not UTF-8. */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    const message =
      cause instanceof TypeError ? 'is not UTF-8 text' : `cannot be read: ${(cause as Error).message}`
    throw new ConfigProblem([{ file, line: 1, column: 1, field: '', message }], { cause })
  }
}
