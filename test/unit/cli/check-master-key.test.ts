import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkMasterKey } from '../../../src/cli/check-master-key.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const key = `${Buffer.alloc(32, 7).toString('base64')}\n`

describe('the check of the master key', () => {
  for (const [what, files, complaint] of [
    ['takes a file that only its owner reads', { key: 0o600 }, undefined],
    ['names a file that others can read', { key: 0o640 }, 'can be read by others: chmod 600'],
    ['takes what systemd keeps sealed and opens for the service alone', { sealed: 0o600 }, undefined],
    ['names a file for others beside the sealed one', { key: 0o644, sealed: 0o600 }, 'can be read by others'],
    ['names a key that is nowhere', {}, 'ENOENT'],
  ] as const) {
    it(what, async () => {
      using folder = temporaryFolder()
      for (const [name, mode] of Object.entries(files)) writeFileSync(join(folder.path, name), key, { mode })
      const checked = checkMasterKey(join(folder.path, 'key'), join(folder.path, 'sealed'))
      if (complaint === undefined) await checked
      else await expect(checked).rejects.toThrow(complaint)
    })
  }

  it('does not look for a sealed one where the settings name a file', async () => {
    await expect(checkMasterKey('/nonexistent/key', undefined)).rejects.toThrow('ENOENT')
  })
})
