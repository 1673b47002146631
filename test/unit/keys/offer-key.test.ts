import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type OfferedKey, offerKey } from '../../../src/keys/offer-key.ts'
import { readOpenPgpKey } from '../../../src/keys/openpgp/openpgp-key.ts'
import { generateOpenPgpKey, revokeOpenPgpKey } from '../../../src/keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../../src/keys/openpgp/openpgp-public.ts'
import type { KeyStore, KeyTrust } from '../../../src/storage/key-store.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

const at = new Date('2028-01-01T12:00:00Z')
const bob = 'bob@partner.example'
const carol = 'carol@partner.example'
const anchors = [testCertificate('root-ca')]
const certificate = (name: string, change: Partial<OfferedKey> = {}): OfferedKey => ({
  ...{ kind: 'smime', material: testCertificate(name).pem, source: 'signed mail', trust: 'harvested' },
  chain: [testCertificate('intermediate-ca').pem],
  ...change,
})
const pgp = (material: string, trust: KeyTrust = 'discovered', addresses = [carol]): OfferedKey => ({
  ...{ kind: 'openpgp', material, source: 'wkd', trust, addresses },
})
const pgpFile = (name: string) => readFileSync(testKeyFile(`../pgp/${name}`), 'utf8')
const carols = pgpFile('carol-rsa3072.pub.asc')
const made = await generateOpenPgpKey({ name: 'Carol', address: carol }, new Date('2027-01-01'))
const another = (await publicOpenPgpKey(made.armored)).armored

/** What becomes of each of several offers in turn, and the store behind them. */
async function afterwards(
  offers: readonly OfferedKey[],
  between: (store: KeyStore) => Promise<unknown> = async () => {},
) {
  await using storage = await openTestStorage()
  const { keyStore } = storage
  const kinds: string[] = []
  for (const [count, offered] of offers.entries()) {
    if (count > 0) await between(keyStore)
    kinds.push((await offerKey(offered, { keyStore, anchors, at })).kind)
  }
  return { kinds, stored: await keyStore.list() }
}
const reasonFor = async (offered: OfferedKey) => {
  await using storage = await openTestStorage()
  const result = await offerKey(offered, { keyStore: storage.keyStore, anchors, at })
  expect(await storage.keyStore.list()).toHaveLength(result.kind === 'refused' ? 0 : 1)
  return `${result.kind}: ${result.reason}`
}

describe('a key that turns up alone', () => {
  for (const [what, offered, expected] of [
    ['a certificate with its chain', certificate('bob-rsa'), /^added/],
    ['a certificate without its chain', certificate('bob-rsa', { chain: [] }), /^refused: untrusted/],
    ['an expired one', certificate('alice-expired'), /^refused: expired/],
    ['one that only signs', certificate('alice-ed25519'), /^refused: wrong-usage/],
    ['a self-signed one', certificate('bob-selfsigned'), /^refused: self-signed/],
    [
      'a self-signed one whose owner decrypted our question',
      certificate('bob-selfsigned', { trust: 'verified' }),
      /^added/,
    ],
    [
      'a self-signed one from a DNSSEC-signed record',
      certificate('bob-selfsigned', { trust: 'discovered', source: 'dns' }),
      /^added/,
    ],
    [
      'a certificate of somebody else',
      certificate('bob-wrong-email', { addresses: [bob] }),
      /^refused: it names none/,
    ],
    ['no certificate at all', certificate('bob-rsa', { material: 'nothing' }), /^refused: it cannot be read/],
    ['an OpenPGP key', pgp(carols), /^added/],
    ['an OpenPGP key of somebody else', pgp(carols, 'discovered', [bob]), /^refused: it names none/],
    ['an expired OpenPGP key', pgp(pgpFile('carol-expired.pub.asc')), /^refused: expired/],
    [
      'a revoked OpenPGP key',
      pgp(pgpFile('dave-revoked.pub.asc'), 'discovered', ['dave@partner.example']),
      /^refused: revoked/,
    ],
    ['a private OpenPGP key', pgp(pgpFile('carol-rsa3072.sec.asc')), /^refused: it is a private key/],
    ['no OpenPGP key at all', pgp('nothing'), /^refused: The file cannot be read/],
  ] as const) {
    it(`${what} is ${expected.source}`, async () => {
      expect(await reasonFor(offered)).toMatch(expected)
    })
  }
})

describe('where another key is stored already', () => {
  for (const [what, offers, kinds] of [
    [
      'a second certificate with a chain joins',
      [certificate('bob-rsa'), certificate('bob-ec')],
      ['added', 'added'],
    ],
    [
      'a self-signed certificate waits beside one with a chain',
      [certificate('bob-rsa'), certificate('bob-selfsigned', { trust: 'verified' })],
      ['added', 'pending'],
    ],
    [
      'a self-signed certificate waits beside another',
      [certificate('bob-rsa', { trust: 'verified' }), certificate('bob-selfsigned', { trust: 'verified' })],
      ['added', 'pending'],
    ],
    ['another OpenPGP key of the same trust waits', [pgp(carols), pgp(another)], ['added', 'pending']],
    [
      'another OpenPGP key of less trust waits',
      [pgp(carols, 'verified'), pgp(another)],
      ['added', 'pending'],
    ],
    ['another OpenPGP key of more trust joins', [pgp(carols, 'harvested'), pgp(another)], ['added', 'added']],
    [
      'another OpenPGP key from an administrator joins',
      [pgp(carols, 'manual'), pgp(another, 'manual')],
      ['added', 'added'],
    ],
    [
      'the same certificate again is known',
      [certificate('bob-rsa'), certificate('bob-rsa')],
      ['added', 'known'],
    ],
    ['the same OpenPGP key again is known', [pgp(carols), pgp(carols)], ['added', 'known']],
  ] as const) {
    it(what, async () => {
      const { kinds: became, stored } = await afterwards(offers)
      expect(became).toEqual(kinds)
      expect(stored.map(({ state }) => state).sort()).toEqual(
        kinds.filter((kind) => kind !== 'known').map((kind) => (kind === 'pending' ? 'pending' : 'active')),
      )
    })
  }

  it('a certificate waits while another of the address is pinned, even with a chain', async () => {
    const pin = (store: KeyStore) => store.pin(testCertificate('bob-rsa').fingerprint, true)
    const { kinds } = await afterwards([certificate('bob-rsa'), certificate('bob-ec')], pin)
    expect(kinds).toEqual(['added', 'pending'])
  })

  it('an OpenPGP key joins by itself if the other is over', async () => {
    const { kinds } = await afterwards([pgp(pgpFile('carol-expired.pub.asc'), 'manual'), pgp(carols)])
    expect(kinds).toEqual(['added', 'added'])
  })

  it('a key that was retired stays so when it comes again', async () => {
    const retire = async (store: KeyStore) =>
      store.change((await store.list())[0]?.fingerprint ?? '', 'active', 'retired')
    const { kinds, stored } = await afterwards([pgp(carols), pgp(carols)], retire)
    expect([kinds, stored]).toMatchObject([['added', 'known'], [{ state: 'retired' }]])
  })

  it('a key that waits stays so until it comes with more trust, or nothing stands against it', async () => {
    const offers = [pgp(carols), pgp(another), pgp(another)]
    expect((await afterwards(offers)).kinds).toEqual(['added', 'pending', 'known'])
    const proven = [pgp(carols), pgp(another), pgp(another, 'verified')]
    expect((await afterwards(proven)).kinds).toEqual(['added', 'pending', 'added'])
    const { fingerprint } = await readOpenPgpKey(carols)
    const retire = (store: KeyStore) => store.change(fingerprint, 'active', 'retired')
    expect((await afterwards(offers.slice(1), retire)).kinds).toEqual(['added', 'known'])
    expect((await afterwards([...offers.slice(0, 2)], retire)).kinds).toEqual(['added', 'added'])
  })

  it('of two keys that come at the same moment at most one is used', async () => {
    await using storage = await openTestStorage()
    const { keyStore } = storage
    await Promise.all([carols, another].map((each) => offerKey(pgp(each), { keyStore, anchors, at })))
    const active = (await keyStore.list()).filter(({ state }) => state === 'active')
    expect(active.length).toBeLessThanOrEqual(1)
  })
})

describe('the same key again', () => {
  it('gives a certificate that was vouched for its chain, and what its owner can read', async () => {
    const { stored } = await afterwards([
      certificate('bob-rsa', { trust: 'verified', chain: [] }),
      certificate('bob-rsa', { trust: 'verified', capabilities: ['1.2.3'] }),
    ])
    expect(stored).toMatchObject([
      { chain: [testCertificate('intermediate-ca').pem], capabilities: ['1.2.3'] },
    ])
  })

  it('tells us of its revocation, whoever brings it', async () => {
    const revoked = await publicOpenPgpKey((await revokeOpenPgpKey(made.armored, 'compromised', at)).armored)
    const { kinds, stored } = await afterwards([pgp(another, 'manual'), pgp(revoked.armored, 'harvested')])
    expect(kinds).toEqual(['added', 'known'])
    expect(stored).toMatchObject([{ trust: 'manual', addresses: [carol] }])
    expect(await (await readOpenPgpKey(stored[0]?.material ?? '')).problemFor('encrypt', at)).toBe('revoked')
    // And an old copy does not undo it.
    const { stored: later } = await afterwards([
      pgp(another, 'manual'),
      pgp(revoked.armored, 'harvested'),
      pgp(another, 'manual'),
    ])
    expect(await (await readOpenPgpKey(later[0]?.material ?? '')).problemFor('encrypt', at)).toBe('revoked')
  })

  for (const [what, first, then, expected] of [
    [
      'raises the trust of all its addresses',
      'harvested',
      [carol],
      { trust: 'discovered', addresses: [carol] },
    ],
    [
      'does not lend one address the trust of another',
      'harvested',
      [],
      { trust: 'harvested', addresses: [carol] },
    ],
    ['never loses trust', 'verified', [carol], { trust: 'verified', addresses: [carol] }],
  ] as const) {
    it(what, async () => {
      const { stored } = await afterwards([pgp(carols, first), pgp(carols, 'discovered', [...then])])
      expect(stored).toMatchObject([expected])
    })
  }
})
