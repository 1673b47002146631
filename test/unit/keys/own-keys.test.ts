import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readOpenPgpKey } from '../../../src/keys/openpgp/openpgp-key.ts'
import { ownKeysIn } from '../../../src/keys/own-keys.ts'
import type { KeyStore, StoredKey } from '../../../src/storage/key-store.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { storedCertificate } from '../../support/stored-key.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

const read = (name: string) => readFileSync(testKeyFile(name), 'utf8')
const named = (name: string) => {
  const { issuer, serialNumber } = testCertificate(name)
  return { kind: 'issuerAndSerialNumber', issuer, serialNumber } as const
}

async function store(keyStore: KeyStore) {
  for (const name of ['alice-rsa', 'alice-expired', 'alice-ec'] as const)
    await keyStore.add(storedCertificate(testCertificate(name)), read(`${name}.key.pem`))
  await keyStore.add(storedCertificate(testCertificate('bob-rsa')))
  for (const kind of ['smime', 'openpgp'] as const) {
    const damaged = { kind, fingerprint: `damaged ${kind}`, material: 'nothing' }
    await keyStore.add(storedCertificate(testCertificate('bob-ec'), damaged), 'private key')
  }
  await keyStore.change(testCertificate('alice-ec').fingerprint, 'active', 'retired')
  for (const name of ['carol-rsa3072', 'dave-curve25519']) {
    const armored = read(`../pgp/${name}.pub.asc`)
    const { fingerprint } = await readOpenPgpKey(armored)
    const change: Partial<StoredKey> = { kind: 'openpgp', fingerprint, material: armored }
    await keyStore.add(
      storedCertificate(testCertificate('alice-rsa'), change),
      read(`../pgp/${name}.sec.asc`),
    )
  }
}

describe('our private keys', () => {
  it('are opened for those that a message names, also when they are expired or retired', async () => {
    await using storage = await openTestStorage()
    await store(storage.keyStore)
    const own = ownKeysIn(storage.keyStore)
    const names = ['alice-expired', 'alice-ec', 'bob-rsa', 'bob-ec'] as const
    const opened = await own.smimeKeysFor(names.map(named))
    expect(opened.map(({ certificate }) => certificate.fingerprint).sort()).toEqual(
      [testCertificate('alice-expired'), testCertificate('alice-ec')]
        .map(({ fingerprint }) => fingerprint)
        .sort(),
    )
    for (const { certificate, privateKey } of opened)
      expect(certificate.x509.checkPrivateKey(privateKey)).toBe(true)
    expect(await own.smimeKeysFor([])).toEqual([])
  })

  it('are named by key identifier too', async () => {
    await using storage = await openTestStorage()
    await store(storage.keyStore)
    const keyIdentifier = testCertificate('alice-rsa').subjectKeyIdentifier ?? new Uint8Array()
    const opened = await ownKeysIn(storage.keyStore).smimeKeysFor([
      { kind: 'subjectKeyIdentifier', keyIdentifier },
    ])
    expect(opened.map(({ certificate }) => certificate.fingerprint)).toEqual([
      testCertificate('alice-rsa').fingerprint,
    ])
  })

  it('are found by the id of an OpenPGP subkey, and all are tried for a hidden recipient', async () => {
    await using storage = await openTestStorage()
    await store(storage.keyStore)
    const own = ownKeysIn(storage.keyStore)
    const { keyIds, fingerprint } = await readOpenPgpKey(read('../pgp/dave-curve25519.pub.asc'))
    expect(await own.openpgpKeysFor([keyIds[1] ?? ''])).toEqual([
      { fingerprint, armored: read('../pgp/dave-curve25519.sec.asc') },
    ])
    expect(await own.openpgpKeysFor(['0123456789abcdef'])).toEqual([])
    expect(await own.openpgpKeysFor(['0000000000000000'])).toHaveLength(2)
  })
})
