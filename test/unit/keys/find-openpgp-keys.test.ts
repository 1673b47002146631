import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findOpenPgpKeys, findOpenPgpSigner } from '../../../src/keys/find-openpgp-keys.ts'
import { findWays } from '../../../src/keys/find-ways.ts'
import { readOpenPgpKey } from '../../../src/keys/openpgp/openpgp-key.ts'
import type { StoredKey } from '../../../src/storage/key-store.ts'
import { testKeyFile } from '../../support/test-keys.ts'

const at = new Date('2028-01-01T12:00:00Z')
const carol = 'carol@partner.example'
const dave = 'dave@partner.example'
const file = (name: string) => readFileSync(testKeyFile(`../pgp/${name}.asc`), 'utf8')

async function stored(name: string, change: Partial<StoredKey> = {}): Promise<StoredKey> {
  const { fingerprint, addresses, armored, createdAt, expiresAt } = await readOpenPgpKey(
    file(`${name}.pub`),
    at,
  )
  return {
    ...{
      kind: 'openpgp',
      fingerprint,
      addresses,
      domains: [],
      material: armored,
      chain: [],
      notBefore: createdAt,
    },
    ...{ notAfter: expiresAt, hasPrivateKey: false, trust: 'discovered', source: 'wkd', state: 'active' },
    ...{ pinned: false, capabilities: [], addedAt: at },
    ...change,
  }
}

describe('an OpenPGP key to encrypt with', () => {
  for (const [name, address, change, expected] of [
    ['carol-rsa3072', carol, {}, 'usable'],
    ['dave-curve25519', dave, {}, 'usable'],
    ['carol-expired', carol, {}, 'expired'],
    ['carol-expired', carol, { trust: 'manual' }, 'expired'],
    ['dave-revoked', dave, {}, 'revoked'],
    ['dave-revoked', dave, { trust: 'manual' }, 'revoked'],
    ['carol-rsa3072', dave, {}, 'wrong-address'],
    // The key itself must name the address, whatever is stored of it.
    ['carol-rsa3072', dave, { addresses: [dave] }, 'wrong-address'],
    // And a source that stood for another address has not stood for this one.
    ['carol-rsa3072', carol, { addresses: [dave] }, 'wrong-address'],
    ['carol-rsa3072', carol, { trust: 'harvested' }, 'too-little-trust'],
    ['carol-rsa3072', carol, { state: 'pending' }, 'pending'],
    ['carol-rsa3072', carol, { material: 'nothing' }, 'unreadable'],
    ['carol-rsa3072', dave, { domains: ['partner.example'] }, 'usable'],
  ] as const) {
    const said = Object.entries(change).map(([what, value]) => `${what} ${value}`)
    it(`${name} for ${address}${said.length > 0 ? ` with ${said.join(', ')}` : ''} is ${expected}`, async () => {
      const key = await stored(name, change)
      const { usable, setAside } = await findOpenPgpKeys(
        { find: async () => [key] },
        address,
        at,
        'discovered',
      )
      expect([...usable.map(() => 'usable'), ...setAside.map(({ reason }) => reason)]).toEqual([expected])
    })
  }

  it('stands among the ways to its owner, with its reason', async () => {
    const key = await stored('carol-rsa3072')
    const sources = {
      keyStore: { find: async () => [key], privateKeyOf: async () => undefined },
      anchors: [],
      pdfPasswords: { find: async () => undefined },
    }
    expect(await findWays(sources, carol, at)).toEqual({
      certificates: [],
      openpgp: [{ fingerprint: key.fingerprint, armored: key.material, isDomain: false }],
      password: undefined,
      reasons: [`openpgp ${key.fingerprint.slice(0, 16)} usable: wkd, discovered`],
    })
    expect((await findWays(sources, carol, at, 'manual')).openpgp).toEqual([])
  })

  it('is looked for outside only where there is none, and found then', async () => {
    const key = await stored('carol-rsa3072')
    const keys: StoredKey[] = []
    let asked = 0
    const sources = {
      keyStore: { find: async () => keys, privateKeyOf: async () => undefined },
      anchors: [],
      pdfPasswords: { find: async () => undefined },
      discover: async () => {
        asked += 1
        keys.push(key)
        const said = { source: 'wkd', outcome: 'found', detail: 'cdd14b158fffd8fd added: here' } as const
        return { sources: [said], isRicher: true, isIncomplete: false }
      },
    }
    const first = await findWays(sources, carol, at)
    expect(first.openpgp).toHaveLength(1)
    expect(first.reasons).toContain('wkd found: cdd14b158fffd8fd added: here')
    expect((await findWays(sources, carol, at)).openpgp).toHaveLength(1)
    expect(asked).toBe(1)
  })
})

describe('A key that is looked for while a source is down', () => {
  it('may appear later', async () => {
    const said = { source: 'wkd', outcome: 'error', detail: 'no answer in time' } as const
    const sources = {
      keyStore: { find: async () => [], privateKeyOf: async () => undefined },
      anchors: [],
      pdfPasswords: { find: async () => undefined },
      discover: async () => ({ sources: [said], isRicher: false, isIncomplete: true }),
    }
    expect(await findWays(sources, carol, at)).toMatchObject({
      mayAppear: true,
      reasons: ['wkd error: no answer in time'],
    })
  })
})

describe('the OpenPGP signer of an address', () => {
  const signerWith = async (change: Partial<StoredKey>, privateKey: string | undefined, address = carol) => {
    const key = await stored('carol-rsa3072', { hasPrivateKey: true, trust: 'manual', ...change })
    return findOpenPgpSigner({ find: async () => [key], privateKeyOf: async () => privateKey }, address, at)
  }
  it('is the private key of the address', async () => {
    const armored = file('carol-rsa3072.sec')
    expect(await signerWith({}, armored)).toEqual({ fingerprint: expect.any(String), armored })
  })
  for (const [what, change, privateKey, address] of [
    ['the public half is here', { hasPrivateKey: false }, file('carol-rsa3072.sec'), carol],
    ['the key is retired', { state: 'retired' }, file('carol-rsa3072.sec'), carol],
    ['the key has expired', {}, file('carol-expired.sec'), carol],
    ['the key is that of the domain', { domains: ['partner.example'] }, file('carol-rsa3072.sec'), dave],
  ] as const) {
    it(`is nobody where only ${what}`, async () => {
      expect(await signerWith(change, privateKey, address)).toBeUndefined()
    })
  }
})
