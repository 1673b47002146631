import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { canonicalAddress, readCertificate } from '../../../../src/keys/x509/certificate.ts'
import { makeCertificate } from '../../../support/make-certificate.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate } from '../../../support/test-keys.ts'

describe('a certificate', () => {
  it('tells address, time, usage and fingerprint', () => {
    const alice = testCertificate('alice-rsa')
    expect(alice.addresses).toEqual(['alice@kanzlei.example'])
    expect(alice.notBefore).toEqual(new Date('2024-01-01T00:00:00Z'))
    expect(alice.notAfter).toEqual(new Date('2049-12-31T23:59:59Z'))
    expect([...(alice.keyUsage ?? [])]).toEqual(['digitalSignature', 'nonRepudiation', 'keyEncipherment'])
    expect(alice.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.4'])
    expect(alice.isAuthority).toBe(false)
    expect(alice.unknownCritical).toEqual([])
    expect(alice.fingerprint).toBe(alice.x509.fingerprint256.replaceAll(':', '').toLowerCase())
    expect(Buffer.from(alice.serialNumber.subarray(2)).toString('hex').toUpperCase()).toMatch(
      new RegExp(`^(00)?${alice.x509.serialNumber}$`),
    )
  })

  it('of an authority tells how long chains below it may be', () => {
    expect(testCertificate('intermediate-ca')).toMatchObject({
      isAuthority: true,
      pathLength: 0,
      selfIssued: false,
    })
    expect(testCertificate('root-ca')).toMatchObject({
      isAuthority: true,
      pathLength: undefined,
      selfIssued: true,
    })
  })

  it('is the same from PEM and DER', () => {
    const alice = testCertificate('alice-ec')
    expect(readCertificate(alice.x509.raw).fingerprint).toBe(alice.fingerprint)
    expect(readCertificate(alice.pem).pem).toBe(alice.pem)
  })

  it('of the old kind is found by the emailAddress of its subject', () => {
    using folder = temporaryFolder()
    const old = { name: 'old', subject: '/CN=Old/emailAddress=Old@KANZLEI.example', extensions: [] }
    expect(makeCertificate(folder.path, old).certificate.addresses).toEqual(['old@kanzlei.example'])
  })

  it('with an address in its extension is not found by the one in its subject', () => {
    using folder = temporaryFolder()
    const both = { name: 'both', subject: '/CN=x/emailAddress=chef@kanzlei.example' }
    const { certificate } = makeCertificate(folder.path, {
      ...both,
      extensions: ['subjectAltName=email:a@b.example'],
    })
    expect(certificate.addresses).toEqual(['a@b.example'])
  })

  it('with an odd address is found by nobody', () => {
    using folder = temporaryFolder()
    const odd = ['subjectAltName=email:chef@kanzlei.example evil.example,email:a@b@c.example']
    expect(makeCertificate(folder.path, { name: 'odd', extensions: odd }).certificate.addresses).toEqual([])
  })

  test('with changed bytes is read or refused, and quickly', () => {
    const { raw } = testCertificate('alice-ec').x509
    const change = fc.array(fc.tuple(fc.nat(raw.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(change, (changes) => {
        const changed = Buffer.from(raw)
        for (const [at, value] of changes) changed[at] = value
        try {
          readCertificate(changed)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('an address in a certificate', () => {
  for (const [written, read] of [
    ['alice@kanzlei.example', 'alice@kanzlei.example'],
    ['Alice.Anwalt@Kanzlei.EXAMPLE', 'alice.anwalt@kanzlei.example'],
    ['o’neill@kanzlei.example', undefined],
    ['alice', undefined],
    ['@kanzlei.example', undefined],
    ['alice@', undefined],
    ['alice@kanzlei.example.', undefined],
    ['alice@kanzlei.example\0.evil.example', undefined],
    ['alice@kanzlei.example ', undefined],
    ['a lice@kanzlei.example', undefined],
    ['a@b@kanzlei.example', undefined],
    [`${'a'.repeat(65)}@kanzlei.example`, undefined],
  ] as const) {
    it(`${JSON.stringify(written)} ${read ? `is ${read}` : 'is none'}`, () => {
      expect(canonicalAddress(written)).toBe(read)
    })
  }
})
