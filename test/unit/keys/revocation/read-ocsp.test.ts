import fc from 'fast-check'
import { afterAll, describe, expect, it, test } from 'vitest'
import { judgeOcsp } from '../../../../src/keys/revocation/judge-ocsp.ts'
import { ocspRequest } from '../../../../src/keys/revocation/ocsp-request.ts'
import { readOcspResponse } from '../../../../src/keys/revocation/read-ocsp.ts'
import { MalformedDer } from '../../../../src/keys/x509/read-der.ts'
import { revocationAuthority } from '../../../support/revocation-authority.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const authority = revocationAuthority(folder.path, 'own', [])
const leaf = authority.leaf('ann', 'valid')
const { certificate: issuer } = authority.issuer
const bytes = authority.ocsp(ocspRequest(leaf, issuer))
const now = new Date()

describe('an OCSP answer', () => {
  it('is read as openssl writes it', async () => {
    const response = readOcspResponse(bytes)
    if (typeof response === 'string') throw new Error(response)
    expect(response.responses).toMatchObject([
      { status: { kind: 'good' }, certId: { hash: '1.3.14.3.2.26', serialNumber: leaf.serialNumber } },
    ])
    const finding = await judgeOcsp(response, leaf, issuer, now)
    expect(finding.kind).toBe('good')
    expect(finding.until?.getTime()).toBeGreaterThan(now.getTime() + 23 * 3_600_000)
  })

  it.each([
    [3, 'try later'],
    [6, 'unauthorized'],
    [9, 'an answer that is none'],
  ])('of status %i says: %s', (code, text) => {
    expect(readOcspResponse(Buffer.from([0x30, 3, 0x0a, 1, code]))).toBe(text)
  })

  it('of more than 64 KiB is none', () => {
    expect(() => readOcspResponse(new Uint8Array(65_537))).toThrow(MalformedDer)
  })
})

test('arbitrary and mutated bytes are an answer or malformed, and no change of one makes another good', async () => {
  fc.assert(fc.property(fc.uint8Array(), (some) => void readOrRefused(some)))
  const other = authority.leaf('eve', 'revoked')
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (place, byte) => {
      const changed = Buffer.from(bytes)
      changed[place] = byte
      const response = readOrRefused(changed)
      if (response) expect((await judgeOcsp(response, other, issuer, now)).kind).not.toBe('good')
    }),
  )
})

function readOrRefused(some: Uint8Array) {
  try {
    const response = readOcspResponse(some)
    return typeof response === 'string' ? undefined : response
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedDer)
    return undefined
  }
}
