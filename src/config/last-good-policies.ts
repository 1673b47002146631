import { createHash } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { PolicyText } from './read-policy-folder.ts'

const Stored = z.strictObject({
  sha256: z.string(),
  generation: z.int().min(1),
  texts: z.array(z.strictObject({ file: z.string(), text: z.string() })).min(1),
})

/** The files that were last in force, kept so that a restart with a broken edit has something to judge by. */
export interface LastGoodPolicies {
  readonly generation: number
  readonly texts: readonly PolicyText[]
}

function checksum(generation: number, texts: readonly PolicyText[]): string {
  const content = JSON.stringify([generation, texts.map(({ file, text }) => [file, text])])
  return createHash('sha256').update(content).digest('hex')
}

/** What was stored; undefined if there is nothing or it is not whole. Other errors of the disk are thrown. */
export async function loadLastGood(file: string): Promise<LastGoodPolicies | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const stored = Stored.safeParse(json).data
  if (!stored || stored.sha256 !== checksum(stored.generation, stored.texts)) return undefined
  return { generation: stored.generation, texts: stored.texts }
}

/** Replaces what is stored, whole or not at all: the checksum guards what the disk does, the rename what we do. */
export async function storeLastGood(file: string, { generation, texts }: LastGoodPolicies): Promise<void> {
  const temporary = `${file}.new`
  await rm(temporary, { force: true })
  {
    await using handle = await open(temporary, 'wx', 0o600)
    await handle.writeFile(JSON.stringify({ sha256: checksum(generation, texts), generation, texts }))
    await handle.sync()
  }
  await rename(temporary, file)
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}
