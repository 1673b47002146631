import { describe, expect, it } from 'vitest'
import { findCertificates } from '../../../src/keys/find-keys.ts'
import { findAuthorsSigner, findWays } from '../../../src/keys/find-ways.ts'
import type { Certificate } from '../../../src/keys/x509/certificate.ts'
import type { StoredKey } from '../../../src/storage/key-store.ts'
import { mailUser, makeCertificate } from '../../support/make-certificate.ts'
import { storedCertificate } from '../../support/stored-key.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate } from '../../support/test-keys.ts'

const at = new Date('2026-06-01T12:00:00Z')
const anchors = [testCertificate('root-ca')]
const alice = 'alice@kanzlei.example'
const bob = 'bob@partner.example'
const print = (name: string) => testCertificate(name).fingerprint

/** As it is found in somebody's signed mail: it has to prove itself. */
const found = (name: string, change: Partial<StoredKey> = {}) =>
  storedCertificate(testCertificate(name), {
    ...{ chain: [testCertificate('intermediate-ca').pem], trust: 'harvested', source: 'signed mail' },
    ...change,
  })
/** Gives what it holds to everybody, so that nothing rests on what the store looks up. */
const sourcesWith = (...keys: readonly StoredKey[]) => ({
  keyStore: { find: async () => keys, privateKeyOf: async () => undefined },
  anchors,
})
const foundFor = async (address: string, ...keys: readonly StoredKey[]) => {
  const { usable, setAside } = await findCertificates(sourcesWith(...keys), address, 'encrypt', at)
  return [usable.map(({ key }) => key.fingerprint), setAside.map(({ reason }) => reason)]
}

describe('a certificate to encrypt with', () => {
  for (const [name, address, change, expected] of [
    ['bob-rsa', bob, {}, 'used'],
    ['bob-ec', bob, {}, 'used'],
    ['alice-rsa', alice, {}, 'used'],
    ['alice-ec', alice, {}, 'used'],
    ['alice-ed25519', alice, {}, 'wrong-usage'],
    ['alice-expired', alice, {}, 'expired'],
    ['alice-expired', alice, { trust: 'manual' }, 'expired'],
    ['bob-wrong-email', bob, {}, 'wrong-address'],
    ['bob-selfsigned', bob, {}, 'self-signed'],
    ['bob-selfsigned', bob, { trust: 'discovered', source: 'ldap directory.example' }, 'self-signed'],
    ['bob-selfsigned', bob, { trust: 'discovered', source: 'dns' }, 'used'],
    ['bob-selfsigned', bob, { trust: 'verified' }, 'used'],
    ['bob-selfsigned', bob, { trust: 'manual' }, 'used'],
    ['bob-rsa', bob, { chain: [] }, 'untrusted'],
    ['bob-rsa', bob, { state: 'pending' }, 'pending'],
    ['bob-rsa', bob, { state: 'retired' }, 'retired'],
    ['bob-rsa', bob, { material: 'not a certificate' }, 'unreadable'],
    // A certificate of another domain, which an administrator gave to this one.
    ['alice-rsa', bob, { domains: ['partner.example'] }, 'used'],
    ['alice-expired', bob, { domains: ['partner.example'], trust: 'manual' }, 'expired'],
  ] as const) {
    const said = Object.entries(change).map(([what, value]) => `${what} ${value}`.slice(0, 30))
    it(`${name} for ${address}${said.length > 0 ? ` with ${said.join(', ')}` : ''} is ${expected}`, async () => {
      expect(await foundFor(address, found(name, change))).toEqual(
        expected === 'used' ? [[print(name)], []] : [[], [expected]],
      )
    })
  }

  it('is none for an address without any', async () => {
    expect(await foundFor(bob)).toEqual([[], []])
  })

  it('is pinned, where one of the address is: whatever turns up beside it does not count', async () => {
    const keys = [found('bob-rsa'), found('bob-ec', { pinned: true })]
    expect(await foundFor(bob, ...keys)).toEqual([[print('bob-ec')], ['not-pinned']])
    const retired = [found('bob-rsa'), found('bob-ec', { pinned: true, state: 'retired' })]
    expect(await foundFor(bob, ...retired)).toEqual([[print('bob-rsa')], ['retired']])
  })

  it('is none while an OpenPGP key of the address is pinned', async () => {
    const pgp = found('bob-ec', { kind: 'openpgp', pinned: true })
    expect(await foundFor(bob, found('bob-rsa'), pgp)).toEqual([[], ['not-pinned']])
  })

  it('is that of the domain only where the address has none of its own', async () => {
    const domain = found('alice-rsa', { domains: ['partner.example'] })
    expect(await foundFor(bob, domain, found('bob-rsa'))).toEqual([[print('bob-rsa')], ['not-needed']])
    const expired = found('bob-rsa', { material: testCertificate('alice-expired').pem, notAfter: at })
    expect((await foundFor(bob, domain, expired))[0]).toEqual([print('alice-rsa')])
    expect(await foundFor(bob, domain, { ...expired, pinned: true })).toEqual([
      [],
      ['not-pinned', 'wrong-address'],
    ])
  })
})

describe('the ways to a recipient', () => {
  using folder = temporaryFolder()
  const renewals = [1, 2, 3, 4, 5].map((count) =>
    storedCertificate(
      makeCertificate(folder.path, { name: `bob-${count}`, days: 100 + count, extensions: mailUser(bob) })
        .certificate,
    ),
  )
  const waysTo = async (...keys: readonly StoredKey[]) =>
    findWays(
      { ...sourcesWith(...keys), pdfPasswords: { find: async () => undefined } },
      bob,
      new Date(Date.now() + 60_000),
    )

  it('are the four newest of many certificates, so that renewals overlap', async () => {
    const { certificates, reasons } = await waysTo(...renewals)
    expect(certificates.map(({ certificate }) => certificate.fingerprint)).toEqual(
      renewals
        .toReversed()
        .slice(0, 4)
        .map(({ fingerprint }) => fingerprint),
    )
    expect(reasons).toHaveLength(5)
  })

  it('tell of each key why it is used or not', async () => {
    const [one, other, third] = renewals as [StoredKey, StoredKey, StoredKey]
    const { certificates, reasons } = await waysTo(
      { ...one, capabilities: ['1.2.3'] },
      { ...other, state: 'pending' },
      { ...third, addresses: [], domains: ['partner.example'] },
    )
    expect(certificates).toMatchObject([{ capabilities: ['1.2.3'], isDomain: false }])
    expect(reasons).toEqual([
      `smime ${one.fingerprint.slice(0, 16)} usable: import, manual`,
      `smime ${other.fingerprint.slice(0, 16)} set aside: pending, it waits for somebody to review it`,
      `smime ${third.fingerprint.slice(0, 16)} set aside: not-needed, the address has a certificate of its own`,
    ])
  })
})

describe('a certificate that its authority may have revoked', () => {
  const asked: string[][] = []
  const withAnswer = async (kind: 'good' | 'revoked' | 'unknown', isBlocking: boolean, key: StoredKey) => {
    const checkRevocation = async (path: readonly Certificate[]) => {
      asked.push(path.map(({ fingerprint }) => fingerprint))
      return { kind, detail: 'said so', checkedBy: 'crl', isBlocking } as const
    }
    const sources = { ...sourcesWith(key), checkRevocation }
    const { usable, setAside } = await findCertificates(sources, bob, 'encrypt', at)
    return [...usable.map(() => 'used'), ...setAside.map(({ reason }) => reason)]
  }
  for (const [kind, isBlocking, expected] of [
    ['good', false, 'used'],
    ['revoked', true, 'revoked'],
    ['unknown', false, 'used'],
    ['unknown', true, 'revocation-unknown'],
  ] as const) {
    it(`is ${expected} if it is ${kind}${isBlocking ? ' and that counts' : ''}`, async () => {
      for (const trust of ['harvested', 'manual'] as const)
        expect(await withAnswer(kind, isBlocking, found('bob-revoked', { trust }))).toEqual([expected])
    })
  }

  it('is asked for with its whole path, also if an administrator vouches for it', () => {
    const path = ['bob-revoked', 'intermediate-ca', 'root-ca'].map(print)
    expect(asked.length).toBe(8)
    for (const one of asked) expect(one).toEqual(path)
  })

  it('is no reason to give up on a recipient while its authority cannot be asked', async () => {
    const checkRevocation = async () =>
      ({
        kind: 'unknown',
        detail: 'no answer',
        checkedBy: 'none',
        isBlocking: true,
        mayChange: true,
      }) as const
    const password = { u: new Uint8Array(48), wrapKey: new Uint8Array(32) }
    const stores = (known: typeof password | undefined) => ({
      ...sourcesWith(found('bob-rsa')),
      checkRevocation,
      pdfPasswords: { find: async () => known },
    })
    const expected = { certificates: [], awaitsRevocation: true }
    expect(await findWays(stores(undefined), bob, at)).toMatchObject(expected)
    expect(await findWays(stores(password), bob, at)).toMatchObject({ ...expected, password })
    expect(await findAuthorsSigner(stores(undefined), bob, at)).toEqual({
      signer: undefined,
      awaitsRevocation: true,
    })
  })

  it('is used with what was found out in its reasons', async () => {
    const checkRevocation = async () =>
      ({ kind: 'unknown', detail: 'no answer', checkedBy: 'none', isBlocking: false }) as const
    const stores = {
      ...sourcesWith(found('bob-rsa')),
      checkRevocation,
      pdfPasswords: { find: async () => undefined },
    }
    const { reasons } = await findWays(stores, bob, at)
    expect(reasons).toEqual([
      expect.stringMatching(/signed mail, harvested, revocation unknown \(no answer\)$/),
    ])
  })
})
