import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../../src/cli/command.ts'
import { key } from '../../../src/cli/key.ts'
import { startControlServer } from '../../../src/gateway/calls/control-server.ts'
import { keyCalls } from '../../../src/gateway/calls/key-calls.ts'
import { keyHandlers } from '../../../src/gateway/calls/key-handlers.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

/** A gateway that answers for keys only, and the command that asks it. */
async function startHouse() {
  const parts = new AsyncDisposableStack()
  const { path: folder } = parts.use(temporaryFolder())
  const storage = parts.use(await openTestStorage())
  const [path, settings] = [join(folder, 'gateway.sock'), join(folder, 'postsiegel.yaml')]
  writeFileSync(
    settings,
    `organization: { name: Kanzlei, telephone: +49 30 1, domains: [kanzlei.example] }\nlisten: { gateway: ${path} }\n`,
  )
  parts.use(
    await startControlServer({
      path,
      calls: keyCalls,
      handlers: keyHandlers({
        storage,
        anchors: [testCertificate('root-ca')],
        settings: { postfix: { configDirectory: '/nonexistent', notices: '' } },
        leastTrustFor: () => 'discovered',
        now: () => new Date('2028-01-01T12:00:00Z'),
        log: () => {},
      }),
      onError: (error) => {
        throw error
      },
    }),
  )
  const passwordFile = join(folder, 'password')
  const options = { settings, json: false, private: false, passwordFile } as Options
  const run = async (words: string, change: Partial<Options> = {}) => {
    const lines: string[] = []
    const code = await key
      .run({ words: words.split(' '), options: { ...options, ...change }, print: (text) => lines.push(text) })
      .catch((error: unknown) => {
        lines.push(error instanceof Error ? error.message : String(error))
        return 1
      })
    return { code, said: lines.join('\n') }
  }
  return { folder, passwordFile, run, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

const alice = 'alice@kanzlei.example'
const bob = testKeyFile('bob-rsa.cert.pem')

describe('postsiegel key', () => {
  it('imports, lists, shows, explains and removes', async () => {
    await using house = await startHouse()
    const { run, passwordFile } = house
    writeFileSync(passwordFile, 'falsch\n')
    expect(await run(`import ${testKeyFile('alice-rsa.p12')}`)).toEqual({
      code: 1,
      said: 'The password does not open the file: give the one chosen at its export',
    })
    writeFileSync(passwordFile, 'test\n')
    expect((await run(`import ${testKeyFile('alice-rsa.p12')}`)).code).toBe(0)
    expect((await run(`import ${bob}`, { passwordFile: undefined })).code).toBe(0)
    const print = testCertificate('alice-rsa').fingerprint
    expect((await run(`list ${alice}`)).said).toBe(
      `${alice}  smime  until 2049-12-31  manual (import)  with private key  ${print}`,
    )
    expect((await run('list')).said.split('\n')).toHaveLength(2)
    expect((await run(`show ${alice}`)).said).toMatch(/^subject +CN=.*\n.*\n.*\nprivate key +here, sealed$/m)
    expect((await run(`explain ${alice}`)).said).toContain(`  smime ${print.slice(0, 16)} signs`)
    expect((await run('explain nobody@else.example')).said).toContain('nothing to encrypt with')
    expect((await run('domain bob@partner.example Partner.Example')).said).toContain('@partner.example')
    expect((await run('explain anybody@partner.example')).said).toContain(
      'usable: import, manual, for the domain',
    )
    expect((await run(`pin ${print}`)).said).toContain('pinned')
    expect((await run('pending')).said).toBe('nothing waits for review')
    expect((await run(`remove ${print}`)).code).toBe(0)
    expect(await run(`remove ${print}`)).toEqual({ code: 1, said: `There is no key ${print}.` })
    expect(JSON.parse((await run('list', { json: true })).said)).toHaveLength(1)
  })

  it('writes a private key under a password only, into a new file that nobody else reads', async () => {
    await using house = await startHouse()
    const { run, folder, passwordFile } = house
    writeFileSync(passwordFile, 'test\n')
    await run(`import ${testKeyFile('alice-rsa.p12')}`)
    const output = join(folder, 'alice.p12')
    const secret = { private: true, output }
    const export_ = `export ${alice}`
    expect((await run(export_, { ...secret, passwordFile: undefined })).said).toContain('--password-file')
    expect((await run(export_, { private: true })).said).toContain('--output')
    expect((await run(export_, secret)).said).toContain('a password of at least 12 characters')
    writeFileSync(passwordFile, 'Lampe Gurke Fenster\n')
    expect((await run(export_, secret)).code).toBe(0)
    expect(statSync(output).mode & 0o777).toBe(0o600)
    expect((await run(export_, secret)).said).toContain('EEXIST')
    expect((await run(`import ${output}`)).code).toBe(0)
    expect((await run(export_)).said).toContain('BEGIN CERTIFICATE')
    const shown = join(folder, 'alice.pem')
    expect((await run(export_, { output: shown })).code).toBe(0)
    expect(readFileSync(shown, 'latin1')).not.toContain('PRIVATE')
  })
})
