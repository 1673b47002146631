import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { exportKey, exportPrivateKey } from '../../src/keys/import/export-key.ts'
import { importKeys } from '../../src/keys/import/import-keys.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testKeyFile } from '../support/test-keys.ts'

const folder = temporaryFolder()
const environment = { PATH: process.env.PATH, LC_ALL: 'C', GNUPGHOME: folder.path }
const password = 'Lampe Gurke Fenster'
const gpg = (args: readonly string[], input: Uint8Array | string) =>
  execFileSync(
    'gpg',
    ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', password, ...args],
    { input, env: environment, stdio: ['pipe', 'pipe', 'pipe'] },
  )
afterAll(() => {
  execFileSync('gpgconf', ['--kill', 'all'], { env: environment })
  folder[Symbol.dispose]()
})

for (const name of ['dave-curve25519', 'carol-rsa3072']) {
  test(`GnuPG imports what we export of ${name}, and signs and decrypts with its passphrase`, async () => {
    const bytes = readFileSync(testKeyFile(`../pgp/${name}.sec.asc`))
    const [imported] = await importKeys(bytes, { source: 'import', trust: 'manual', at: new Date() })
    if (!imported?.privateKey) throw new Error('no private key in it')
    gpg(['--import'], exportKey(imported.key))
    gpg(['--import'], await exportPrivateKey(imported.key, imported.privateKey, password))
    const id = imported.key.fingerprint
    const args = ['--trust-model', 'always', '--local-user', id, '--recipient', id, '--sign', '--encrypt']
    const sealed = gpg(args, 'Vertraulich.')
    expect(gpg(['--decrypt'], sealed).toString()).toBe('Vertraulich.')
    execFileSync('gpgconf', ['--kill', 'gpg-agent'], { env: environment })
    expect(() => gpg(['--passphrase', 'falsch', '--decrypt'], sealed)).toThrow()
  })
}
