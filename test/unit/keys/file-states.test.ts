import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileStates } from '../../../src/keys/file-states.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a file that changes is another one, and a burst of mail looks at it once', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'authorities.pem')
  writeFileSync(file, 'one')
  const [always, seldom] = [fileStates(0), fileStates(3_600_000)]
  const before = await always(file)
  const remembered = await seldom(file)
  writeFileSync(file, 'another')
  const after = await always(file)
  expect(after).not.toBe(before)
  expect(await seldom(file)).toBe(remembered)
  rmSync(file)
  expect(await always(file)).toMatch(/ENOENT/)
})
