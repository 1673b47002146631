import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigProblem } from './config-problem.ts'
import { readText } from './read-text.ts'

/** A policy file as it was read. */
export interface PolicyText {
  readonly file: string
  readonly text: string
}

/** A writer that is still at work after so many looks, 50 ms apart, is asked to come again. */
const looks = 20

/** Hidden files are left out: editors keep their own there (.30-partners.yaml.swp, .#30-partners.yaml). */
const isPolicyFile = (name: string) => !name.startsWith('.') && /\.ya?ml$/.test(name)

/**
 * What tells one state of the folder from another without reading a file: names, inodes, sizes and times of change.
 * Fails with a ConfigProblem if the folder cannot be listed; a file that is just being replaced counts as absent.
 */
export async function policyFolderState(folder: string): Promise<readonly string[]> {
  const files = await listPolicyFiles(folder)
  const states = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => undefined)
      return found ? `${file} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : `${file} absent`
    }),
  )
  return states
}

async function listPolicyFiles(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter(isPolicyFile)
    return names.sort().map((name) => join(folder, name))
  } catch (cause) {
    const message = `the policy folder cannot be read: ${(cause as Error).message}`
    throw new ConfigProblem([{ file: folder, line: 1, column: 1, field: '', message }], { cause })
  }
}

/**
 * All policy files of `folder` in the order of their names, as they stood at one moment: when something changes
 * while it reads, it reads again. Fails with a ConfigProblem if a file or the folder cannot be read or is empty.
 */
export async function readPolicyFolder(folder: string, signal?: AbortSignal): Promise<readonly PolicyText[]> {
  const whole = { file: folder, line: 1, column: 1, field: '' }
  for (let look = 0; look < looks; look++) {
    const before = await policyFolderState(folder)
    const texts = await Promise.allSettled(
      (await listPolicyFiles(folder)).map(async (file) => ({ file, text: await readText(file) })),
    )
    const after = await policyFolderState(folder)
    if (before.join('\n') === after.join('\n')) {
      const problems = texts.flatMap((read) =>
        read.status === 'rejected' ? (read.reason as ConfigProblem).problems : [],
      )
      if (problems.length > 0) throw new ConfigProblem(problems)
      if (texts.length === 0)
        throw new ConfigProblem([{ ...whole, message: 'no policy file (*.yaml) in this folder' }])
      return texts.flatMap((read) => (read.status === 'fulfilled' ? [read.value] : []))
    }
    await delay(50, undefined, signal ? { signal } : undefined)
  }
  throw new ConfigProblem([{ ...whole, message: 'the policy folder keeps changing while it is read' }])
}
