import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const later = new Date('2026-03-02T12:00:00Z')
const authority = { fingerprint: 'aa', name: 'Closed group', certificate: 'PEM of aa', createdAt: noon }
const issued = {
  ...{ fingerprint: 'bb', authority: 'aa', serial: '0102', address: 'ann@example.org' },
  ...{ notAfter: later, issuedAt: noon, revokedAt: undefined },
}

export function ownAuthoritiesContract(database: string, open: OpenStorage): void {
  test(`${database} keeps our authorities with their keys, and what they issued`, async () => {
    await using storage = await open()
    const { ownAuthorities } = storage
    await ownAuthorities.add(authority, 'secret key')
    await ownAuthorities.addIssued(issued)
    expect(await ownAuthorities.list()).toEqual([authority])
    expect(await ownAuthorities.privateKeyOf('aa')).toBe('secret key')
    expect(await ownAuthorities.privateKeyOf('bb')).toBeUndefined()
    expect(await ownAuthorities.findIssued('bb')).toEqual(issued)
    expect(await ownAuthorities.findIssued('cc')).toBeUndefined()
    expect(await ownAuthorities.issuedBy('aa')).toEqual([issued])
    expect(await ownAuthorities.issuedBy('cc')).toEqual([])
  })

  test(`${database} revokes a certificate once, and for the time of the first`, async () => {
    await using storage = await open()
    const { ownAuthorities } = storage
    await ownAuthorities.add(authority, 'secret key')
    await ownAuthorities.addIssued(issued)
    expect(await ownAuthorities.revoke('bb', noon)).toBe(true)
    expect(await ownAuthorities.revoke('bb', later)).toBe(false)
    expect(await ownAuthorities.revoke('cc', later)).toBe(false)
    expect(await ownAuthorities.findIssued('bb')).toEqual({ ...issued, revokedAt: noon })
  })

  test(`${database} keeps requests for certificates with their keys until they are removed`, async () => {
    await using storage = await open()
    const { keyRequests } = storage
    const request = { publicKey: 'dd', address: 'ann@example.org', request: 'PEM of dd', createdAt: noon }
    await keyRequests.add(request, 'waiting key')
    expect(await keyRequests.list()).toEqual([request])
    expect(await keyRequests.privateKeyOf('dd')).toBe('waiting key')
    expect(await keyRequests.remove('dd')).toBe(true)
    expect(await keyRequests.remove('dd')).toBe(false)
    expect(await keyRequests.privateKeyOf('dd')).toBeUndefined()
  })
}
