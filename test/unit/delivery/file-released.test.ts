import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fileReleased } from '../../../src/delivery/file-released.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const at = new Date('2026-03-02T00:00:05Z')
const content = bytesInMemory(Buffer.from('original'))
const file = (folder: string, original = anyHeldOriginal()) => fileReleased(folder, original, content, at)
const usual = '2026-03-01/carl@client.example/Bilanz (01234567).docx'

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

describe('an original that is released into a folder', () => {
  it('lies there by day and sender, and the log of the folder names it', async () => {
    using folder = temporaryFolder()
    expect(await file(folder.path)).toBe(usual)
    expect(await readFile(join(folder.path, usual), 'utf8')).toBe('original')
    expect(await filesBelow(folder.path)).toEqual([usual, 'postsiegel.log'])
    const log = await readFile(join(folder.path, 'postsiegel.log'), 'utf8')
    expect(log).toMatch(
      /^2026-03-02T00:00:05\.000Z\t0123.*\tann@example\.com\t.*Bilanz \(01234567\)\.docx\t[^\n]*\n$/,
    )
  })

  it('is readable for those whom the folder is for, whatever the mask of the process is', async () => {
    using folder = temporaryFolder()
    await chmod(folder.path, 0o750)
    const before = process.umask(0o077)
    await file(folder.path).finally(() => process.umask(before))
    const mode = async (path: string) => ((await stat(join(folder.path, path))).mode & 0o777).toString(8)
    expect(await mode('2026-03-01')).toBe('750')
    expect(await mode('2026-03-01/carl@client.example')).toBe('750')
    expect(await mode(usual)).toBe('640')
    expect(await mode('postsiegel.log')).toBe('640')
  })

  it('is there once when it is released again after a crash, and what staff wrote since stays', async () => {
    using folder = temporaryFolder()
    await file(folder.path)
    await writeFile(join(folder.path, usual), 'worked on')
    expect(await file(folder.path)).toBe(usual)
    expect(await readFile(join(folder.path, usual), 'utf8')).toBe('worked on')
    expect(await filesBelow(folder.path)).toEqual([usual, 'postsiegel.log'])
  })

  it('is whole after a crash left half of it behind', async () => {
    using folder = temporaryFolder()
    const sender = join(folder.path, '2026-03-01/carl@client.example')
    await mkdir(sender, { recursive: true })
    await writeFile(join(sender, `.${anyHeldOriginal().id}.part`), 'orig')
    await file(folder.path)
    expect(await readFile(join(folder.path, usual), 'utf8')).toBe('original')
    expect(await readdir(sender)).toEqual(['Bilanz (01234567).docx'])
  })

  it('does not take the place of another with the same name', async () => {
    using folder = temporaryFolder()
    await file(folder.path)
    await file(folder.path, anyHeldOriginal({ id: 'zzzzzzzz89abcdefghjkmnpqrs' }))
    expect(await filesBelow(folder.path)).toHaveLength(3)
  })

  for (const [what, changed] of [
    ['paths upwards', { fileName: '../../../etc/x', author: '../../evil@x.example' }],
    ['an absolute path', { fileName: '/etc/x', author: '/root/evil@x.example' }],
    ['NUL and line ends', { fileName: 'a\0b\n.doc', author: 'a\tb\n@x.example' }],
    ['4 kB', { fileName: 'x'.repeat(4096), author: `${'y'.repeat(4096)}@x.example` }],
    ['nothing', { fileName: '', author: undefined, sender: '' }],
    ['the name of the log', { fileName: 'postsiegel.log', author: 'postsiegel.log' }],
  ] as const) {
    it(`stays below the folder when its name and sender are ${what}`, async () => {
      using around = temporaryFolder()
      const folder = join(around.path, 'released')
      await mkdir(folder)
      const path = await file(folder, anyHeldOriginal(changed))
      expect(path.split('/')).toHaveLength(3)
      expect(await readFile(join(folder, path), 'utf8')).toBe('original')
      expect((await filesBelow(around.path)).every((each) => each.startsWith('released/'))).toBe(true)
      const log = await readFile(join(folder, 'postsiegel.log'), 'utf8')
      expect(log.split('\n')).toHaveLength(2)
      expect(log.split('\t')).toHaveLength(7)
    })
  }

  for (const [what, link] of [
    ['the day', '2026-03-01'],
    ['the sender', '2026-03-01/carl@client.example'],
  ] as const) {
    it(`is not written where a link in the place of ${what} leads`, async () => {
      using folder = temporaryFolder()
      using elsewhere = temporaryFolder()
      await mkdir(join(folder.path, link, '..'), { recursive: true })
      await symlink(elsewhere.path, join(folder.path, link))
      await expect(file(folder.path)).rejects.toThrow(/ENOTDIR|ELOOP/)
      expect(await readdir(elsewhere.path)).toEqual([])
    })
  }

  it('is not written through links in the place of its file, its beginning or the log', async () => {
    using folder = temporaryFolder()
    using elsewhere = temporaryFolder()
    const sender = join(folder.path, '2026-03-01/carl@client.example')
    await mkdir(sender, { recursive: true })
    await symlink(join(elsewhere.path, 'part'), join(sender, `.${anyHeldOriginal().id}.part`))
    await file(folder.path)
    await symlink(join(elsewhere.path, 'log'), join(folder.path, 'other.log'))
    await promisify(execFile)('mv', [join(folder.path, 'other.log'), join(folder.path, 'postsiegel.log')])
    await expect(file(folder.path)).rejects.toThrow('ELOOP')
    expect(await readdir(elsewhere.path)).toEqual([])
  })

  it('fails at once when a pipe stands in the place of the log', async () => {
    using folder = temporaryFolder()
    await promisify(execFile)('mkfifo', [join(folder.path, 'postsiegel.log')])
    await expect(file(folder.path)).rejects.toThrow('ENXIO')
  })

  it('is not released while the folder is not there', async () => {
    using folder = temporaryFolder()
    await expect(file(join(folder.path, 'unmounted'))).rejects.toThrow('ENOENT')
  })
})
