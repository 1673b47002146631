import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const folder = new URL('../../systemd/', import.meta.url).pathname
const program = new URL('../../bin/postsiegel', import.meta.url).pathname

/** Exposure by `systemd-analyze security` times ten; what is left of the converter's is what its own sandbox needs. */
const highest: Record<string, number> = {
  'postsiegel.service': 20,
  'postsiegel-converter.service': 27,
  'postsiegel-portal.service': 14,
}

describe('the units', () => {
  it('are the ones that we know limits for', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(highest).sort())
  })

  for (const [name, threshold] of Object.entries(highest)) {
    it(`${name} is what systemd takes for a unit, and exposes no more than ${threshold / 10}`, async () => {
      using copy = temporaryFolder()
      const unit = join(copy.path, name)
      const text = readFileSync(join(folder, name), 'utf8')
      expect(text).toContain('ExecStart=/usr/lib/postsiegel/bin/postsiegel ')
      writeFileSync(unit, text.replaceAll('/usr/lib/postsiegel/bin/postsiegel', program))
      const { stderr } = await run('systemd-analyze', ['verify', '--man=no', unit])
      expect(stderr.split('\n').filter((line) => line.includes(name))).toEqual([])
      await run('systemd-analyze', ['security', '--offline=true', `--threshold=${threshold}`, unit])
    })

    it(`${name} leaves V8 its compiler and asks for a watchdog`, () => {
      const text = readFileSync(join(folder, name), 'utf8')
      expect(text).not.toMatch(/^MemoryDenyWriteExecute=/m)
      expect(text).toMatch(/^Type=notify$/m)
      expect(text).toMatch(/^WatchdogSec=\d+$/m)
    })
  }
})
