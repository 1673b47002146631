import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findSigner } from '../../../src/keys/find-signer.ts'
import type { StoredKey } from '../../../src/storage/key-store.ts'
import { storedCertificate } from '../../support/stored-key.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

const at = new Date('2026-06-01T12:00:00Z')
const own = (name: string, change: Partial<StoredKey> = {}) =>
  storedCertificate(testCertificate(name), { chain: [testCertificate('intermediate-ca').pem], ...change })
const privateKey = (name: string) => readFileSync(testKeyFile(`${name}.key.pem`), 'utf8')

/** `keys`: name of a certificate to the name of the private key that is stored with it. */
const signerOf = (stored: readonly StoredKey[], keys: Record<string, string>) => {
  const byPrint = new Map(
    Object.entries(keys).map(([name, key]) => [testCertificate(name).fingerprint, privateKey(key)]),
  )
  const keyStore = { find: async () => stored, privateKeyOf: async (print: string) => byPrint.get(print) }
  return findSigner({ keyStore, anchors: [testCertificate('root-ca')] }, 'alice@kanzlei.example', at)
}

describe('the signer of an address', () => {
  it('is the one whose certificate is usable, with the chain and without the root', async () => {
    const stored = [own('alice-expired'), own('alice-rsa', { trust: 'harvested' })]
    const { signer, setAside } = await signerOf(stored, { 'alice-rsa': 'alice-rsa' })
    expect(signer?.certificate.fingerprint).toBe(testCertificate('alice-rsa').fingerprint)
    expect(signer?.chain.map(({ fingerprint }) => fingerprint)).toEqual([
      testCertificate('intermediate-ca').fingerprint,
    ])
    expect(setAside).toMatchObject([{ key: own('alice-expired'), reason: 'expired' }])
  })

  it('sends its chain along although an administrator vouches for it', async () => {
    const { signer } = await signerOf([own('alice-ec')], { 'alice-ec': 'alice-ec' })
    expect(signer?.chain).toHaveLength(1)
  })

  it('names another certificate for answers where its own only signs', async () => {
    for (const [hasPrivateKey, answers] of [
      [true, testCertificate('alice-rsa').fingerprint],
      [false, undefined],
    ] as const) {
      const stored = [own('alice-ed25519'), own('alice-rsa', { hasPrivateKey })]
      const { signer } = await signerOf(stored, { 'alice-ed25519': 'alice-ed25519' })
      expect(signer?.certificate.fingerprint).toBe(testCertificate('alice-ed25519').fingerprint)
      expect(signer?.encryptionCertificate?.fingerprint).toBe(answers)
    }
  })

  it('is one that mail programs read, where there is a choice', async () => {
    const stored = [own('alice-ed25519'), own('alice-rsa')]
    const { signer } = await signerOf(stored, { 'alice-ed25519': 'alice-ed25519', 'alice-rsa': 'alice-rsa' })
    expect(signer?.certificate.fingerprint).toBe(testCertificate('alice-rsa').fingerprint)
    expect(signer?.encryptionCertificate).toBeUndefined()
  })

  for (const [what, stored, keys, reason] of [
    ['without private key', own('alice-rsa'), {}, 'no-private-key'],
    [
      'with the private key of somebody else',
      own('alice-rsa'),
      { 'alice-rsa': 'bob-rsa' },
      'key-does-not-match',
    ],
    [
      'once the certificate is retired',
      own('alice-rsa', { state: 'retired' }),
      { 'alice-rsa': 'alice-rsa' },
      'retired',
    ],
  ] as const) {
    it(`is nobody ${what}`, async () => {
      const { signer, setAside } = await signerOf([stored], keys)
      expect(signer).toBeUndefined()
      expect(setAside).toMatchObject([{ reason }])
    })
  }
})
