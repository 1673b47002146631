import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { noSite } from '../support/site-for-tests.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const top = new URL('../../', import.meta.url).pathname

/** Processes whose command line names `folder`. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder)
    } catch {
      return false // it has ended meanwhile
    }
  })
}

describe.skipIf(noSite)('npm start', () => {
  test('says in one line where things are, and ends with all that it started when npm is ended', async () => {
    using folder = temporaryFolder()
    const npm = spawn('npm', ['start', '--', '--dir', folder.path, '--no-samples', '--json'], {
      cwd: top,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines: string[] = []
    for await (const line of createInterface({ input: npm.stdout })) {
      lines.push(line)
      if (line.startsWith('{')) break
    }
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      ready: true,
      inbound: expect.any(Number),
      submission: expect.any(Number),
      mail: expect.stringContaining(folder.path),
      settings: expect.stringContaining(folder.path),
      policies: expect.stringContaining(folder.path),
      log: expect.stringContaining(folder.path),
    })
    expect(processesOf(folder.path).length).toBeGreaterThan(3)
    npm.kill('SIGTERM')
    await expect.poll(() => processesOf(folder.path), { timeout: 60_000 }).toEqual([])
  })
})
