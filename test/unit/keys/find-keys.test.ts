import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { byAdministrator, findEncryptionCertificates, findSigner } from '../../../src/keys/find-keys.ts'
import type { KeyStore, StoredCertificate } from '../../../src/storage/key-store.ts'
import { mailUser, makeCertificate } from '../../support/make-certificate.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

const at = new Date('2026-06-01T12:00:00Z')
const anchors = [testCertificate('root-ca')]
const alice = 'alice@kanzlei.example'
const bob = 'bob@partner.example'

function stored(name: string, provenance = 'signed mail', pem = testCertificate(name)): StoredCertificate {
  const { fingerprint, addresses, notBefore, notAfter } = pem
  const chain = [testCertificate('intermediate-ca').pem]
  return {
    fingerprint,
    addresses,
    pem: pem.pem,
    chain,
    notBefore,
    notAfter,
    hasPrivateKey: true,
    provenance,
    addedAt: at,
  }
}

/** Gives what it holds to everybody, so that nothing rests on what the store looks up. */
function storeOf(
  certificates: readonly StoredCertificate[],
  keys: ReadonlyMap<string, string> = new Map(),
): KeyStore {
  return {
    add: async () => {},
    certificatesOf: async () => certificates,
    privateKeyOf: async (fingerprint) => keys.get(fingerprint),
    list: async () => certificates,
    remove: async () => false,
  }
}
const keyOf = (name: string) =>
  [testCertificate(name).fingerprint, readFileSync(testKeyFile(`${name}.key.pem`), 'utf8')] as const

describe('the signer of an address', () => {
  it('is the one whose certificate is usable, with the chain and without the root', async () => {
    const store = storeOf([stored('alice-expired'), stored('alice-rsa')], new Map([keyOf('alice-rsa')]))
    const { signer, setAside } = await findSigner(store, alice, at, anchors)
    expect(signer?.certificate.fingerprint).toBe(testCertificate('alice-rsa').fingerprint)
    expect(signer?.chain.map(({ fingerprint }) => fingerprint)).toEqual([
      testCertificate('intermediate-ca').fingerprint,
    ])
    expect(setAside).toMatchObject([
      { fingerprint: testCertificate('alice-expired').fingerprint, reason: 'expired' },
    ])
  })

  it('is nobody without private key', async () => {
    const { signer, setAside } = await findSigner(storeOf([stored('alice-rsa')]), alice, at, anchors)
    expect(signer).toBeUndefined()
    expect(setAside).toMatchObject([{ reason: 'no-private-key' }])
  })

  it('is nobody with the private key of somebody else', async () => {
    const keys = new Map([[testCertificate('alice-rsa').fingerprint, keyOf('bob-rsa')[1]]])
    const { signer, setAside } = await findSigner(storeOf([stored('alice-rsa')], keys), alice, at, anchors)
    expect(signer).toBeUndefined()
    expect(setAside).toMatchObject([{ reason: 'key-does-not-match' }])
  })

  it('sends its chain along although an administrator vouches for it', async () => {
    const store = storeOf([stored('alice-ec', byAdministrator)], new Map([keyOf('alice-ec')]))
    const { signer } = await findSigner(store, alice, at, [])
    expect(signer?.chain).toHaveLength(1)
  })
})

describe('the certificates to encrypt with', () => {
  const found = async (...certificates: readonly StoredCertificate[]) => {
    const { certificates: usable, setAside } = await findEncryptionCertificates(
      storeOf(certificates),
      bob,
      at,
      anchors,
    )
    return [usable.map(({ fingerprint }) => fingerprint), setAside.map(({ reason }) => reason)]
  }
  const print = (name: string) => testCertificate(name).fingerprint

  it('are none for an address without any', async () => {
    expect(await found()).toEqual([[], []])
  })

  it('are those with a chain, for this address', async () => {
    expect(await found(stored('bob-rsa'), stored('bob-wrong-email'))).toEqual([
      [print('bob-rsa')],
      ['wrong-address'],
    ])
  })

  it('include a self-signed one only from the administrator', async () => {
    expect(await found(stored('bob-selfsigned'))).toEqual([[], ['untrusted']])
    expect(await found(stored('bob-selfsigned', byAdministrator))).toEqual([[print('bob-selfsigned')], []])
  })

  it('never include an expired one, not even from the administrator', async () => {
    const { certificates, setAside } = await findEncryptionCertificates(
      storeOf([stored('alice-expired', byAdministrator)]),
      alice,
      at,
      anchors,
    )
    expect(certificates).toEqual([])
    expect(setAside).toMatchObject([{ reason: 'expired' }])
  })

  it('begin with the one that is valid longest', async () => {
    using folder = temporaryFolder()
    const make = (name: string, days: number) =>
      makeCertificate(folder.path, { name, days, extensions: mailUser(bob) }).certificate
    const [short, long] = [make('short', 30), make('long', 300)]
    const now = new Date(Date.now() + 60_000)
    const store = storeOf([stored('', byAdministrator, short), stored('', byAdministrator, long)])
    const { certificates } = await findEncryptionCertificates(store, bob, now, anchors)
    expect(certificates.map(({ fingerprint }) => fingerprint)).toEqual([long.fingerprint, short.fingerprint])
  })

  it('leave out what was stored damaged, and say so', async () => {
    const damaged = { ...stored('bob-rsa'), pem: 'not a certificate' }
    expect(await found(damaged, stored('bob-ec'))).toEqual([[print('bob-ec')], ['unreadable']])
  })
})
