import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuthority, issueCertificate } from '../../src/keys/own-authority/own-authority.ts'
import { readCertificate } from '../../src/keys/x509/certificate.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('GnuPG takes a certificate of our own authority for signing and encrypting', async () => {
  using folder = temporaryFolder()
  const home = join(folder.path, 'gnupg')
  mkdirSync(home)
  chmodSync(home, 0o700)
  const at = new Date()
  const { authority, privateKey } = await createAuthority('Closed group', at)
  const person = { address: 'ann@example.org', name: 'Ann' }
  const { imported } = await issueCertificate(
    { certificate: authority.certificate, privateKey },
    person,
    new Date(at.getTime() + 1000),
  )
  const root = readCertificate(authority.certificate).x509.fingerprint
  writeFileSync(join(home, 'trustlist.txt'), `${root} S relax\n`)
  const file = join(folder.path, 'both.pem')
  writeFileSync(file, authority.certificate + imported.key.material)
  const gpgsm = (...args: readonly string[]) =>
    spawnSync('gpgsm', ['--homedir', home, '--batch', '--disable-crl-checks', ...args], { encoding: 'utf8' })
  try {
    expect(gpgsm('--import', file).stderr).toMatch(/imported: 2/)
    const { stdout } = gpgsm('--with-validation', '--list-keys', person.address)
    expect(stdout).toMatch(/key usage: digitalSignature keyEncipherment/)
    expect(stdout).toMatch(/\[certificate is good\]/)
    const encrypted = spawnSync(
      'gpgsm',
      ['--homedir', home, '--batch', '--disable-crl-checks', '-r', person.address, '--encrypt'],
      { input: 'to Ann' },
    )
    expect(encrypted.status).toBe(0)
  } finally {
    // gpgsm starts an agent that would stay.
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
  }
})
