import { expect, test } from 'vitest'
import type { StoredKey } from '../../../src/storage/key-store.ts'
import type { OpenStorage } from './storage-contract.ts'

const key = (fingerprint: string, year: number, ...addresses: string[]): StoredKey => ({
  kind: 'smime',
  fingerprint,
  addresses,
  domains: [],
  material: `certificate ${fingerprint}`,
  chain: ['intermediate', 'another'],
  notBefore: new Date(Date.UTC(year - 2, 0, 1)),
  notAfter: new Date(Date.UTC(year, 0, 1)),
  hasPrivateKey: false,
  trust: 'discovered',
  source: 'ldap directory.example',
  state: 'active',
  pinned: false,
  capabilities: [],
  addedAt: new Date('2026-03-01T12:00:00Z'),
})
const ann = 'ann@example.com'

export function keyStoreContract(database: string, open: OpenStorage): void {
  test(`${database} finds the keys of an address in any case, the newest first`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    const old = key('01', 2027, 'Ann@Example.com')
    const young = key('02', 2028, ann, 'office@example.com')
    for (const one of [old, young, key('03', 2029, 'bob@example.com')]) await keyStore.add(one)
    expect(await keyStore.find('ANN@example.COM')).toEqual([young, old])
    expect(await keyStore.find('office@example.com')).toEqual([young])
    expect(await keyStore.find('nobody@example.com')).toEqual([])
    expect((await keyStore.list()).map(({ fingerprint }) => fingerprint)).toEqual(['01', '02', '03'])
    expect(await keyStore.byFingerprint('02')).toEqual(young)
    expect(await keyStore.byFingerprint('04')).toBeUndefined()
  })

  test(`${database} keeps everything that is known of a key`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    const pgp: StoredKey = {
      ...key('aa', 2027, ann),
      ...{ kind: 'openpgp', notAfter: undefined, trust: 'verified', source: 'intake', state: 'pending' },
      ...{ pinned: true, capabilities: ['1.2.3'], domains: ['example.com'], chain: [] },
    }
    await keyStore.add(pgp)
    expect(await keyStore.byFingerprint('aa')).toEqual(pgp)
  })

  test(`${database} finds the key of a domain for each of its addresses, not for those of a subdomain`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add(key('01', 2027, 'gateway@partner.example'))
    expect(await keyStore.serveDomain('01', 'Partner.example')).toBe(true)
    expect(await keyStore.serveDomain('02', 'partner.example')).toBe(false)
    expect(await keyStore.serveNoDomain('02')).toBe(false)
    const [found] = await keyStore.find('anybody@partner.example')
    expect(found).toMatchObject({ fingerprint: '01', domains: ['Partner.example'] })
    expect(await keyStore.find('gateway@partner.example')).toHaveLength(1)
    expect(await keyStore.find('anybody@sub.partner.example')).toEqual([])
    expect(await keyStore.find('partner.example')).toEqual([])
  })

  test(`${database} gives the private key back, and keeps it when the certificate comes again without`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add(key('01', 2027, ann), 'private key')
    await keyStore.add(key('02', 2027, ann))
    await keyStore.add({ ...key('01', 2027, ann), trust: 'verified', source: 'signed mail' })
    expect(await keyStore.privateKeyOf('01')).toBe('private key')
    expect(await keyStore.ownKeys()).toMatchObject([{ hasPrivateKey: true, source: 'signed mail' }])
    expect(await keyStore.privateKeyOf('02')).toBeUndefined()
    expect(await keyStore.privateKeyOf('03')).toBeUndefined()
  })

  test(`${database} takes a private key that comes behind its certificate`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add({ ...key('01', 2027, ann), trust: 'manual' })
    await keyStore.add(key('01', 2027, ann), 'private key')
    expect(await keyStore.ownKeys()).toMatchObject([{ fingerprint: '01', trust: 'manual' }])
  })

  test(`${database} never lowers trust, and lets a weaker source change nothing but an OpenPGP key's own news`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    const strong: StoredKey = { ...key('01', 2027, ann), trust: 'manual', source: 'import', pinned: true }
    await keyStore.add(strong)
    await keyStore.add({
      ...key('01', 2030, 'mallory@evil.example'),
      ...{ trust: 'harvested', state: 'pending', chain: ['other'], domains: ['evil.example'] },
      material: 'a longer life',
    })
    const { notBefore, notAfter } = key('01', 2030)
    expect(await keyStore.list()).toEqual([{ ...strong, material: 'a longer life', notBefore, notAfter }])
    expect(await keyStore.find('mallory@evil.example')).toEqual([])
  })

  test(`${database} joins what comes with the same trust or more`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add({
      ...key('01', 2027, ann, 'ANN@example.com'),
      state: 'pending',
      domains: ['a.example'],
    })
    await keyStore.add({
      ...key('01', 2027, 'office@example.com'),
      ...{ trust: 'manual', source: 'import', chain: [], domains: ['b.example'], capabilities: ['1.2.3'] },
    })
    expect(await keyStore.find(ann)).toEqual([])
    expect(await keyStore.find('office@example.com')).toMatchObject([
      {
        ...{ trust: 'manual', source: 'import', state: 'active', chain: ['intermediate', 'another'] },
        ...{ domains: ['a.example', 'b.example'], capabilities: ['1.2.3'] },
      },
    ])
  })

  test(`${database} changes the state, the pin and what was announced of a key that is there`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add({ ...key('01', 2027, ann), state: 'pending' })
    expect(await keyStore.change('01', 'active', 'retired')).toBe(false)
    expect(await keyStore.change('01', 'pending', 'active')).toBe(true)
    expect(await keyStore.change('02', 'pending', 'active')).toBe(false)
    expect(await keyStore.pin('01', true)).toBe(true)
    expect(await keyStore.pin('02', true)).toBe(false)
    expect(await keyStore.announce('01', ['1.2.3', '1.2.4'])).toBe(true)
    expect(await keyStore.find(ann)).toMatchObject([
      { state: 'active', pinned: true, capabilities: ['1.2.3', '1.2.4'] },
    ])
    await keyStore.change('01', 'active', 'retired')
    await keyStore.add({ ...key('01', 2027, ann), state: 'pending' })
    await keyStore.pin('01', false)
    expect(await keyStore.find(ann)).toMatchObject([{ state: 'retired', pinned: false }])
  })

  test(`${database} takes the same key from several at once`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    const trusts = ['harvested', 'manual', 'discovered', 'verified'] as const
    await Promise.all(trusts.map((trust) => keyStore.add({ ...key('01', 2027, ann), trust })))
    expect(await keyStore.list()).toMatchObject([{ trust: 'manual' }])
  })

  test(`${database} removes a certificate with its key`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add(key('01', 2027, ann), 'private key')
    expect(await keyStore.remove('01')).toBe(true)
    expect(await keyStore.remove('01')).toBe(false)
    expect(await keyStore.find(ann)).toEqual([])
    expect(await keyStore.privateKeyOf('01')).toBeUndefined()
  })
}
