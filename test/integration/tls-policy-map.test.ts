import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { policySetFrom } from '../../src/config/read-policies.ts'
import { startSocketmapServer } from '../../src/partners/socketmap-server.ts'
import { tlsPolicyFor } from '../../src/partners/tls-policy.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const postmap = '/usr/sbin/postmap'
const policies = `
outbound:
  partner.example: { protection: [tls] }
  "*.konzern.example": { protection: [tls], tlsNames: [mx1.host.example, mx2.host.example] }
  schaden@makler.example: { protection: [smime, tls] }
  client.example: { protection: [smime, pdf] }
`

interface Answer {
  readonly found: string
  readonly failed: boolean
  readonly complaint: string
}

/** What Postfix's own client of the protocol makes of our answer. */
async function query(map: string, key: string, configuration: string): Promise<Answer> {
  try {
    const { stdout, stderr } = await promisify(execFile)(postmap, ['-c', configuration, '-q', key, map], {
      timeout: 60_000,
    })
    return { found: stdout.trimEnd(), failed: false, complaint: stderr }
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return { found: stdout.trimEnd(), failed: true, complaint: stderr }
  }
}

describe.skipIf(!existsSync(postmap))('Postfix asks the map (skipped without postmap)', () => {
  for (const kind of ['unix', 'inet'] as const) {
    it(`over ${kind}`, async () => {
      using folder = temporaryFolder()
      writeFileSync(join(folder.path, 'main.cf'), 'compatibility_level = 3.6\n')
      const set = policySetFrom([{ file: 'policies.yaml', text: policies }], 1)
      let down = false
      await using server = await startSocketmapServer({
        listen: kind === 'unix' ? join(folder.path, 'tls-policy.sock') : 'inet:127.0.0.1:0',
        mapName: 'tls',
        maxConnections: 20,
        onError: () => undefined,
        lookup: (key) => {
          if (down) throw new Error('no policies')
          const policy = tlsPolicyFor(set, key)
          return policy.kind === 'enforce' ? policy.answer : undefined
        },
      })
      const map = `socketmap:${kind === 'unix' ? `unix:${server.address}` : server.address}`
      const ask = (key: string, name = 'tls') => query(`${map}:${name}`, key, folder.path)
      const strong = 'ciphers=high protocols=>=TLSv1.2'
      expect((await ask('partner.example')).found).toBe(`secure match=nexthop:dot-nexthop ${strong}`)
      expect((await ask('Partner.Example:25')).found).toBe(`secure match=nexthop:dot-nexthop ${strong}`)
      expect((await ask('a.konzern.example')).found).toBe(
        `secure match=mx1.host.example:mx2.host.example ${strong}`,
      )
      expect((await ask('makler.example')).found).toBe(`secure match=nexthop:dot-nexthop ${strong}`)
      // "Not there" is an exit status without a complaint.
      expect(await ask('client.example')).toEqual({ found: '', failed: true, complaint: '' })
      expect(await ask('[partner.example]:25')).toEqual({ found: '', failed: true, complaint: '' })
      // An error must not look like "not there": Postfix then defers the mail.
      expect((await ask('partner.example', 'mx')).complaint).toMatch(/permanent error/)
      down = true
      expect((await ask('partner.example')).complaint).toMatch(/temporary error/)
    })
  }
})
