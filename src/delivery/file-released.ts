import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import type { ByteSource } from '../message/byte-source.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import { safeFileName } from './safe-file-name.ts'

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const logName = 'postsiegel.log'

/**
 * Writes a released original as `<folder>/<day of arrival>/<sender>/<name>`, on the medium when it resolves, and adds a
 * line to `<folder>/postsiegel.log`. Gives the path below the folder. Repeated, it leaves the file that is there alone.
 *
 * Staff may write into these folders, so nothing below `folder` is trusted: each step is opened from the one before
 * (/proc/self/fd is Linux's openat) without following a symbolic link, so that none leads out.
 */
export async function fileReleased(
  folder: string,
  original: HeldOriginal,
  content: ByteSource,
  at: Date,
): Promise<string> {
  const names = pathOf(original)
  const [day, sender, name] = names
  await using top = await open(folder, O_RDONLY | O_DIRECTORY)
  const like = await top.stat()
  await using dayFolder = await folderBelow(top, day, like)
  await using senderFolder = await folderBelow(dayFolder, sender, like)
  // Renamed only when it was whole, so what is there is whole; somebody may have worked on it since.
  const isThere = await lstat(below(senderFolder, name)).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? false : Promise.reject(error)),
  )
  if (!isThere) await writeWhole(senderFolder, name, original.id, content, like)
  await addToLog(top, like, [
    at.toISOString(),
    original.id,
    original.recipients.join(','),
    original.sender,
    names.join('/'),
    String(original.bytes),
    original.sha256 ?? '',
  ])
  return names.join('/')
}

/** The same for the same original, whenever it is asked for: a repetition must find what is there. */
function pathOf({ id, heldAt, author, sender, fileName }: HeldOriginal): [string, string, string] {
  const day = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone: 'Europe/Berlin' }).format(
    heldAt,
  )
  // Eight characters of the identifier that the mail names, so that no two originals share a name.
  return [day, safeFileName((author ?? sender).toLowerCase()), safeFileName(fileName, ` (${id.slice(0, 8)})`)]
}

const below = (parent: FileHandle, name: string) => `/proc/self/fd/${parent.fd}/${name}`

async function folderBelow(parent: FileHandle, name: string, like: Stats): Promise<FileHandle> {
  const path = below(parent, name)
  const isNew = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : Promise.reject(error)),
  )
  const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    if (isNew) {
      await openToStaff(folder, like, 0o777)
      await parent.sync()
    }
    return folder
  } catch (error) {
    await folder.close()
    throw error
  }
}

async function writeWhole(
  folder: FileHandle,
  name: string,
  id: string,
  content: ByteSource,
  like: Stats,
): Promise<void> {
  const unfinished = below(folder, `.${id}.part`)
  // What a crash left behind, or a link that somebody put there: removed itself, not what it leads to.
  await rm(unfinished, { force: true })
  try {
    await using file = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    for await (const piece of content.stream()) await file.writeFile(piece)
    await openToStaff(file, like, 0o666)
    await file.sync()
    await rename(unfinished, below(folder, name))
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    throw error
  }
  await folder.sync()
}

/** Readable for whom the folder is, by its group and mode; on a share that has neither its mount decides. */
async function openToStaff(made: FileHandle, like: Stats, mask: number): Promise<void> {
  const { uid, gid } = await made.stat()
  if (gid !== like.gid) await made.chown(uid, like.gid).catch(unlessImpossible)
  await made.chmod(like.mode & mask).catch(unlessImpossible)
}

function unlessImpossible(error: NodeJS.ErrnoException): void {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(error.code ?? '')) throw error
}

async function addToLog(folder: FileHandle, like: Stats, columns: readonly string[]): Promise<void> {
  // O_NONBLOCK: a pipe in its place must fail, not wait for a reader for ever.
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK
  await using log = await open(below(folder, logName), flags, 0o600)
  const { size } = await log.stat()
  if (size === 0) await openToStaff(log, like, 0o664)
  const line = columns.map((column) => column.replaceAll(/\p{C}/gu, '_')).join('\t')
  await log.appendFile(`${line}\n`)
  await log.sync()
}
