import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorkFolder } from '../../../src/gateway/work-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const uuid = '01234567-89ab-4def-8123-456789abcdef'

test('plain text of a killed gateway is removed at the next start, that of a living one stays', async () => {
  using folder = temporaryFolder()
  // The highest process number that Linux gives is 4194304.
  const [dead, alive] = [4_194_399, process.ppid].map((pid) => join('/dev/shm', `postsiegel-${pid}-${uuid}`))
  if (!dead || !alive) throw new Error('no names')
  for (const path of [dead, alive]) {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'page.pdf'), 'secret')
  }
  const work = await openWorkFolder(folder.path)
  expect([existsSync(dead), existsSync(alive)]).toEqual([false, true])
  expect(statSync(work.path).mode & 0o777).toBe(0o700)
  await work[Symbol.asyncDispose]()
  expect(existsSync(work.path)).toBe(false)
  rmSync(alive, { recursive: true })
})
