import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PublicOpenPgpKey } from '../gateway/calls/portal-calls.ts'

export interface DirectoryChanges {
  readonly written: number
  readonly removed: number
}

/** Only names that a web key directory has are ever removed: whatever else lies in the folder is somebody else's. */
const keyFileName = /^[ybndrfg8ejkmcpqxot1uwisza345h769]{32}$/

/**
 * The files of a web key directory below `folder`, which a web server shows as /.well-known/openpgpkey/
 * (draft-koch-openpgp-webkey-service, 3.1). `advanced` has a folder for each domain; `direct` has one for all, where keys
 * of the same name stand in one file. Each file is replaced in one step; keys that are no longer shown go away.
 */
export async function writeWebKeyDirectory(
  folder: string,
  method: 'advanced' | 'direct',
  keys: readonly PublicOpenPgpKey[],
): Promise<DirectoryChanges> {
  const places = new Map<string, Map<string, Buffer>>()
  for (const { domain, hash, key } of keys) {
    const place = method === 'advanced' ? join(folder, domain) : folder
    const files = places.get(place) ?? new Map<string, Buffer>()
    files.set(hash, Buffer.concat([files.get(hash) ?? Buffer.alloc(0), Buffer.from(key, 'base64')]))
    places.set(place, files)
  }
  let written = 0
  for (const [place, files] of places) {
    await mkdir(join(place, 'hu'), { recursive: true })
    // Clients look for it to know that the directory is in use (draft, 4.5).
    written += await replaceFile(join(place, 'policy'), Buffer.alloc(0))
    for (const [hash, key] of files) written += await replaceFile(join(place, 'hu', hash), key)
  }
  let removed = 0
  for (const place of await placesIn(folder, method)) {
    for (const name of await namesIn(join(place, 'hu'))) {
      if (!keyFileName.test(name) || places.get(place)?.has(name)) continue
      await rm(join(place, 'hu', name))
      removed += 1
    }
  }
  return { written, removed }
}

/** Also of domains that have no key any more. */
async function placesIn(folder: string, method: 'advanced' | 'direct'): Promise<readonly string[]> {
  if (method === 'direct') return [folder]
  return (await namesIn(folder)).filter((name) => name.includes('.')).map((name) => join(folder, name))
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

/** 1 if the file was not so before. A reader sees the old or the new file, never a part. */
async function replaceFile(path: string, content: Buffer): Promise<number> {
  const before = await readFile(path).catch(() => undefined)
  if (before?.equals(content)) return 0
  const next = `${path}.new`
  await rm(next, { force: true })
  {
    await using file = await open(next, 'wx', 0o644)
    await file.writeFile(content)
    await file.sync()
  }
  await rename(next, path)
  return 1
}
