import { describe, expect, it } from 'vitest'
import { isNamedBy } from '../../../../src/keys/x509/recipient-identifier.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const alice = testCertificate('alice-rsa')
const bob = testCertificate('bob-rsa')
const issuerAndSerialNumber = ({ issuer, serialNumber } = alice) =>
  ({ kind: 'issuerAndSerialNumber', issuer, serialNumber }) as const
const subjectKeyIdentifier = (keyIdentifier = alice.subjectKeyIdentifier ?? new Uint8Array(0)) =>
  ({ kind: 'subjectKeyIdentifier', keyIdentifier }) as const

describe('a recipient of an encrypted mail', () => {
  it('is found by issuer and serial number', () => {
    expect(isNamedBy(alice, issuerAndSerialNumber())).toBe(true)
    // Another certificate of the same issuer, and the same number of another one.
    expect(isNamedBy(bob, issuerAndSerialNumber())).toBe(false)
    const elsewhere = { ...alice, issuer: testCertificate('bob-selfsigned').issuer }
    expect(isNamedBy(elsewhere, issuerAndSerialNumber())).toBe(false)
  })

  it('is found by the key identifier that the certificate states', () => {
    expect(Buffer.from(alice.subjectKeyIdentifier ?? []).length).toBe(20)
    expect(isNamedBy(alice, subjectKeyIdentifier())).toBe(true)
    expect(isNamedBy(bob, subjectKeyIdentifier())).toBe(false)
  })

  it('is nobody by an empty key identifier', () => {
    expect(isNamedBy({ ...alice, subjectKeyIdentifier: undefined }, subjectKeyIdentifier())).toBe(false)
    expect(
      isNamedBy({ ...alice, subjectKeyIdentifier: undefined }, subjectKeyIdentifier(new Uint8Array(0))),
    ).toBe(false)
  })
})
