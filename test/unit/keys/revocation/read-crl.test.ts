import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { judgeCrl } from '../../../../src/keys/revocation/judge-crl.ts'
import { findRevoked, readCrl } from '../../../../src/keys/revocation/read-crl.ts'
import { MalformedDer, readDer } from '../../../../src/keys/x509/read-der.ts'
import { der, sequence, time } from '../../../../src/keys/x509/write-der.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const bytes = readFileSync(testKeyFile('intermediate-ca.crl.der'))
const issuer = testCertificate('intermediate-ca')
const at = new Date('2026-12-01T00:00:00Z')

describe('a revocation list', () => {
  it('names the certificate that was revoked, and no other', async () => {
    const crl = readCrl(bytes)
    expect(crl.nextUpdate).toEqual(new Date('2049-12-31T23:59:59Z'))
    const verdict = (name: string) =>
      judgeCrl(crl, { certificate: testCertificate(name), issuer, places: [], at })
    expect(await verdict('bob-revoked')).toMatchObject({
      kind: 'revoked',
      detail: expect.stringMatching(/key compromise$/),
    })
    expect((await verdict('bob-rsa')).kind).toBe('good')
  })

  it('is no list when bytes follow, or when it ends early', () => {
    expect(() => readCrl(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(MalformedDer)
    expect(() => readCrl(bytes.subarray(0, -1))).toThrow(MalformedDer)
    expect(() => readCrl(new Uint8Array(17 * 1024 * 1024))).toThrow(MalformedDer)
  })

  it('of 400 000 entries is looked through without making objects of them', () => {
    const entryOf = (serial: number) => {
      const number = Buffer.alloc(16, 0x55)
      number.writeUInt32BE(serial, 12)
      return sequence(der(0x02, number), time(at))
    }
    const entries = Buffer.concat(Array.from({ length: 400_000 }, (_, index) => entryOf(index)))
    const crl = { ...readCrl(bytes), entries }
    const wanted = (serial: number) => readDer(entryOf(serial)).content.subarray(0, 18)
    expect(findRevoked(crl, wanted(399_999))).toEqual({ revokedAt: at, reason: undefined })
    expect(findRevoked(crl, wanted(400_000))).toBeUndefined()
  })

  it('with entries of other lengths is read over their borders', () => {
    const long = sequence(der(0x02, Buffer.from([7])), time(at), der(0x30, Buffer.alloc(300)))
    const middle = sequence(der(0x02, Buffer.from([8])), time(at), der(0x30, Buffer.alloc(150)))
    const last = sequence(der(0x02, Buffer.from([9])), time(at))
    const crl = { ...readCrl(bytes), entries: Buffer.concat([long, middle, last]) }
    expect(findRevoked(crl, Buffer.from([2, 1, 9]))).toEqual({ revokedAt: at, reason: undefined })
    expect(findRevoked(crl, Buffer.from([2, 1, 10]))).toBeUndefined()
  })
})

test('arbitrary entries are searched or refused as malformed', () => {
  const crl = readCrl(bytes)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      for (const entries of [tail, Buffer.concat([crl.entries, tail])])
        refusedOrRead(() => findRevoked({ ...crl, entries }, Buffer.from([2, 1, 9])))
    }),
  )
})

test('arbitrary and mutated bytes are a list or malformed', () => {
  fc.assert(fc.property(fc.uint8Array(), (some) => refusedOrRead(() => readCrl(some))))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (place, byte) => {
      const changed = Buffer.from(bytes)
      changed[place] = byte
      refusedOrRead(() => readCrl(changed))
    }),
  )
})

function refusedOrRead(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedDer)
  }
}
