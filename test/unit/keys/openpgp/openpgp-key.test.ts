import fc from 'fast-check'
import * as openpgp from 'openpgp'
import { describe, expect, it, test } from 'vitest'
import { KeyImportError } from '../../../../src/keys/import/key-import-error.ts'
import { addressInUserId, readOpenPgpKey, readOpenPgpKeys } from '../../../../src/keys/openpgp/openpgp-key.ts'
import { generateOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-own.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'

/** The test keys were made on 2026-11-21. */
const now = new Date('2026-12-01T00:00:00Z')
const day = 24 * 3600 * 1000
const problemOf = (read: Promise<unknown>) =>
  read.then(
    () => undefined,
    (error: unknown) => (error instanceof KeyImportError ? error.problem : error),
  )
const made = (options: Omit<Partial<openpgp.KeyOptions>, 'format'>) =>
  openpgp.generateKey({
    userIDs: [{ name: 'Eve', email: 'eve@partner.example' }],
    type: 'ecc',
    curve: 'curve25519Legacy',
    date: new Date(now.getTime() - 10 * day),
    format: 'armored',
    ...options,
  })

describe('a key says what it is', () => {
  for (const [name, expected] of [
    [
      'carol-rsa3072',
      { fingerprint: 'ceb573fc0c6aa1d9b6efaefc775dd0daa8a749e9', version: 4, expiresAt: undefined },
    ],
    [
      'dave-curve25519',
      { keyIds: ['43772631146e5271', '5d9952fd49ba20c3'], addresses: ['dave@partner.example'] },
    ],
    ['carol-expired', { expiresAt: new Date('2020-12-31T00:00:00Z'), addresses: ['carol@partner.example'] }],
  ] as const) {
    it(name, async () => {
      expect(await readOpenPgpKey(armoredKey(name, 'pub'), now)).toMatchObject({
        ...expected,
        isPrivate: false,
      })
      expect(await readOpenPgpKey(armoredKey(name, 'sec'), now)).toMatchObject({
        isPrivate: true,
        isLocked: false,
      })
    })
  }

  for (const [what, armored, use, at, problem] of [
    ['a valid RSA key', armoredKey('carol-rsa3072', 'pub'), 'encrypt', now, undefined],
    ['a valid Curve25519 key', armoredKey('dave-curve25519', 'pub'), 'sign', now, undefined],
    ['an expired key', armoredKey('carol-expired', 'pub'), 'encrypt', now, 'expired'],
    [
      'an expired key in its time',
      armoredKey('carol-expired', 'pub'),
      'sign',
      new Date('2020-06-01'),
      undefined,
    ],
    ['a revoked key', armoredKey('dave-revoked', 'pub'), 'encrypt', now, 'revoked'],
    [
      'a key of tomorrow',
      armoredKey('dave-curve25519', 'pub'),
      'encrypt',
      new Date('2026-11-01'),
      'not-yet-valid',
    ],
  ] as const) {
    it(`${what}: ${problem ?? 'no problem'}`, async () => {
      expect(await (await readOpenPgpKey(armored, now)).problemFor(use, at)).toBe(problem)
    })
  }

  it('a key that only signs: no-encryption-subkey', async () => {
    const { publicKey } = await made({ subkeys: [] })
    const key = await readOpenPgpKey(publicKey, now)
    expect(await key.problemFor('encrypt', now)).toBe('no-encryption-subkey')
    expect(await key.problemFor('sign', now)).toBeUndefined()
  })

  it('a key whose encryption subkey is over: expired, and the day is told', async () => {
    const { publicKey } = await made({ subkeys: [{ keyExpirationTime: (5 * day) / 1000 }] })
    const key = await readOpenPgpKey(publicKey, now)
    expect(await key.problemFor('encrypt', now)).toBe('expired')
    expect(key.expiresAt).toEqual(new Date(now.getTime() - 5 * day))
  })

  it('RSA with 1024 bits: weak', async () => {
    const { publicKey } = await made({ type: 'rsa', rsaBits: 1024, config: { minRSABits: 1024 } })
    const key = await readOpenPgpKey(publicKey, now)
    expect(await key.problemFor('encrypt', now)).toBe('weak')
  })

  it('a key of version 6', async () => {
    const { publicKey } = await made({ type: 'curve25519', config: { v6Keys: true } })
    const key = await readOpenPgpKey(publicKey, now)
    expect(key).toMatchObject({ version: 6, addresses: ['eve@partner.example'] })
    expect(await key.problemFor('encrypt', now)).toBeUndefined()
  })
})

describe('the address of a user id', () => {
  for (const [userId, address] of [
    ['Eve <Eve@Partner.Example>', 'eve@partner.example'],
    ['eve@partner.example', 'eve@partner.example'],
    ['eve@partner.example <mallory@evil.example>', 'mallory@evil.example'],
    ['<eve@partner.example> <mallory@evil.example>', undefined],
    ['mallory@evil.example <eve@partner.example> x', undefined],
    ['Eve <eve@partner.example', undefined],
    ['Eve eve@partner.example', undefined],
    ['Eve <eve@partner.example >', undefined],
    ['Eve\n<eve@partner.example>', undefined],
    ['Eve <eve@evil.example@partner.example>', undefined],
    ['', undefined],
  ] as const) {
    it(`"${userId}" is ${address ?? 'none'}`, () => {
      expect(addressInUserId(userId)).toBe(address)
    })
  }

  it('counts only if the key itself certifies it, and takes part in nothing if another key does', async () => {
    const mallory = await openpgp.readPrivateKey({ armoredKey: (await made({})).privateKey })
    const victim = await openpgp.readKey({ armoredKey: armoredKey('dave-curve25519', 'pub') })
    const [stolen] = victim.users
    if (stolen) mallory.users.push(stolen)
    const key = await readOpenPgpKey(mallory.toPublic().write(), now)
    expect(key.addresses).toEqual(['eve@partner.example'])
  })
})

describe('files of keys', () => {
  it('may hold several, armored or not', async () => {
    const both = ['carol-rsa3072', 'dave-curve25519'].map((name) => armoredKey(name, 'pub'))
    expect((await readOpenPgpKeys(`Our keys:\n${both.join('and\n')}`, now)).length).toBe(2)
    const binary = await Promise.all(
      both.map(async (armored) => (await openpgp.readKey({ armoredKey: armored })).write()),
    )
    expect((await readOpenPgpKeys(Buffer.concat(binary), now)).length).toBe(2)
    expect(await problemOf(readOpenPgpKey(both.join(''), now))).toBe('unreadable')
  })

  it('carry neither photos nor what others say of a key into the store', async () => {
    const key = await openpgp.readKey({ armoredKey: armoredKey('dave-curve25519', 'pub') })
    const other = await generateOpenPgpKey({ name: 'O', address: 'o@other.example' }, now)
    const certified = await key.signAllUsers(
      [await openpgp.readPrivateKey({ armoredKey: other.armored })],
      now,
    )
    expect(certified.write().length).toBeGreaterThan(key.write().length)
    const { armored } = await readOpenPgpKey(certified.armor(), now)
    expect((await openpgp.readKey({ armoredKey: armored })).write()).toEqual(key.write())
  })

  for (const [what, bytes, problem] of [
    ['nothing', '', 'unreadable'],
    ['text', 'Hello', 'unreadable'],
    ['half a key', armoredKey('dave-curve25519', 'pub').slice(0, 400), 'unreadable'],
    ['broken packets', Buffer.from('99ff00', 'hex'), 'unreadable'],
    ['more than 256 KiB', Buffer.alloc(300_000, 0x99), 'too-large'],
    [
      'a thousand keys',
      Array.from({ length: 300 }, () => armoredKey('dave-curve25519', 'pub')).join(''),
      'too-large',
    ],
  ] as const) {
    it(`with ${what} are refused: ${problem}`, async () => {
      expect(await problemOf(readOpenPgpKeys(bytes, now))).toBe(problem)
    })
  }

  test('changed and arbitrary bytes are keys, or refused in a word', async () => {
    const key = (await openpgp.readKey({ armoredKey: armoredKey('dave-curve25519', 'sec') })).write()
    const change = fc.record({ at: fc.nat(key.length - 1), bits: fc.integer({ min: 1, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.array(change, { minLength: 1, maxLength: 3 }), fc.uint8Array()),
        async (given) => {
          let bytes: Uint8Array = Uint8Array.from(key)
          if (given instanceof Uint8Array) bytes = given
          else for (const { at, bits } of given) bytes[at] = (bytes[at] ?? 0) ^ bits
          const problem = await problemOf(readOpenPgpKeys(bytes, now))
          expect([undefined, 'unreadable', 'too-large']).toContain(problem)
        },
      ),
      { numRuns: 300 },
    )
  })
})
