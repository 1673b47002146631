import { expect, test } from 'vitest'
import type { StoredCertificate } from '../../../src/storage/key-store.ts'
import type { OpenStorage } from './storage-contract.ts'

const certificate = (fingerprint: string, year: number, ...addresses: string[]): StoredCertificate => ({
  fingerprint,
  addresses,
  pem: `certificate ${fingerprint}`,
  chain: ['intermediate', 'another'],
  notBefore: new Date(Date.UTC(year - 2, 0, 1)),
  notAfter: new Date(Date.UTC(year, 0, 1)),
  hasPrivateKey: false,
  provenance: 'import by administrator',
  addedAt: new Date('2026-03-01T12:00:00Z'),
})

export function keyStoreContract(database: string, open: OpenStorage): void {
  test(`${database} finds the certificates of an address in any case, the longest valid first`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    const [old, young] = [
      certificate('01', 2027, 'Ann@Example.com'),
      certificate('02', 2028, 'ann@example.com', 'office@example.com'),
    ]
    for (const one of [old, young, certificate('03', 2029, 'bob@example.com')]) await keyStore.add(one)
    expect(await keyStore.certificatesOf('ANN@example.COM')).toEqual([young, old])
    expect(await keyStore.certificatesOf('office@example.com')).toEqual([young])
    expect(await keyStore.certificatesOf('nobody@example.com')).toEqual([])
    expect((await keyStore.list()).map(({ fingerprint }) => fingerprint)).toEqual(['01', '02', '03'])
  })

  test(`${database} gives the private key back, and keeps it when the certificate comes again without`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add(certificate('01', 2027, 'ann@example.com'), 'private key')
    await keyStore.add({ ...certificate('01', 2027, 'ann@example.com'), provenance: 'signed mail' })
    expect(await keyStore.privateKeyOf('01')).toBe('private key')
    expect(await keyStore.list()).toMatchObject([{ hasPrivateKey: true, provenance: 'signed mail' }])
    expect(await keyStore.privateKeyOf('02')).toBeUndefined()
  })

  test(`${database} replaces the addresses of a certificate`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add(certificate('01', 2027, 'ann@example.com', 'ANN@example.com'))
    await keyStore.add(certificate('01', 2027, 'office@example.com'))
    expect(await keyStore.certificatesOf('ann@example.com')).toEqual([])
    expect(await keyStore.certificatesOf('office@example.com')).toHaveLength(1)
  })

  test(`${database} removes a certificate with its key`, async () => {
    await using storage = await open()
    const { keyStore } = storage
    await keyStore.add(certificate('01', 2027, 'ann@example.com'), 'private key')
    expect(await keyStore.remove('01')).toBe(true)
    expect(await keyStore.remove('01')).toBe(false)
    expect(await keyStore.certificatesOf('ann@example.com')).toEqual([])
    expect(await keyStore.privateKeyOf('01')).toBeUndefined()
  })
}
