import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  der,
  nullValue,
  octetString,
  oid,
  sequence,
  smallInteger,
} from '../../../../src/keys/x509/write-der.ts'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { certificatesOnly } from '../../../../src/protection/smime/certificates-only.ts'
import { readEnvelope } from '../../../../src/protection/smime/read-envelope.ts'
import { contentInfo, makeEnvelope, transportOf, transportTo } from '../../../support/make-envelope.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const bob = testCertificate('bob-rsa')
const alice = testCertificate('alice-rsa')
const contentKey = randomBytes(32)
const content = Buffer.from('Content-Type: text/plain\r\n\r\nGuten Tag\r\n')
const envelope = (recipients: readonly Uint8Array[], cipher?: 'aes-256-gcm') =>
  makeEnvelope({ contentKey, content, recipients, ...(cipher && { cipher }) })
const named = ({ issuer, serialNumber }: typeof bob) => ({
  kind: 'issuerAndSerialNumber',
  issuer: Buffer.from(issuer),
  serialNumber: Buffer.from(serialNumber),
})
const read = (bytes: Uint8Array) => readEnvelope(bytesInMemory(bytes))

describe('an encrypted part', () => {
  it('says without a key to whom and how it is encrypted', async () => {
    const recipients = [transportTo(bob, contentKey), transportTo(alice, contentKey)]
    expect(await read(envelope(recipients))).toEqual({
      kind: 'enveloped',
      cipher: 'aes-256-cbc',
      isAuthenticated: false,
      recipients: [named(bob), named(alice)],
    })
    expect(await read(envelope(recipients, 'aes-256-gcm'))).toMatchObject({
      cipher: 'aes-256-gcm',
      isAuthenticated: true,
    })
  })

  it('may be encrypted by a cipher that is not known', async () => {
    const algorithm = sequence(oid('1.2.840.113549.3.2'), octetString(randomBytes(8)))
    const bytes = makeEnvelope({ contentKey, content, recipients: [transportTo(bob, contentKey)], algorithm })
    expect(await read(bytes)).toMatchObject({ kind: 'enveloped', cipher: '1.2.840.113549.3.2' })
  })

  it('may end with a line end that does not belong to it', async () => {
    const bytes = Buffer.concat([envelope([transportTo(bob, contentKey)]), Buffer.from('\r\n')])
    expect(await read(bytes)).toMatchObject({ kind: 'enveloped' })
  })

  it('to passwords and shared keys is to no certificate', async () => {
    const byPassword = der(0xa3, smallInteger(0), sequence(oid('1.2.3')), octetString(Buffer.from('x')))
    expect(await read(envelope([byPassword]))).toMatchObject({ kind: 'enveloped', recipients: [] })
    const both = envelope([byPassword, transportTo(bob, contentKey)])
    expect(await read(both)).toMatchObject({ kind: 'enveloped', recipients: [named(bob)] })
  })

  it('is told from what only claims to be encrypted', async () => {
    const empty = { contentKey, content, recipients: [transportTo(bob, contentKey)] }
    for (const bytes of [
      content,
      Buffer.alloc(0),
      makeEnvelope({ ...empty, change: () => Buffer.alloc(0) }),
      makeEnvelope({ ...empty, writeCiphertext: () => Buffer.alloc(0) }),
    ])
      expect(await read(bytes)).toMatchObject({ kind: 'closed', reason: 'damaged' })
  })

  for (const [what, bytes, kind] of [
    ['a signature', certificatesOnly([bob]), 'signed'],
    ['compressed content', contentInfo('1.2.840.113549.1.9.16.1.9', nullValue), 'compressed'],
    ['plain data', contentInfo('1.2.840.113549.1.7.1', octetString(content)), 'other'],
    ['encrypted data without recipients', contentInfo('1.2.840.113549.1.7.6', nullValue), 'other'],
  ] as const) {
    it(`is told from ${what}`, async () => {
      expect(await read(bytes)).toEqual({ kind })
    })
  }

  it('with 500 recipients is read, with 501 not', async () => {
    const recipient = transportOf(bob, randomBytes(256))
    expect(await read(envelope(Array(500).fill(recipient)))).toMatchObject({ kind: 'enveloped' })
    expect(await read(envelope(Array(501).fill(recipient)))).toMatchObject({ reason: 'too-large' })
  })

  it('cut off anywhere is damaged', async () => {
    for (const cipher of [undefined, 'aes-256-gcm'] as const) {
      const whole = envelope([transportTo(bob, contentKey)], cipher)
      for (let end = 0; end < whole.length; end++)
        expect(await read(whole.subarray(0, end))).toMatchObject({ kind: 'closed', reason: 'damaged' })
    }
  })
})
