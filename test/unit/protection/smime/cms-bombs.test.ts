import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { der, oid, sequence, smallInteger } from '../../../../src/keys/x509/write-der.ts'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { readEnvelope } from '../../../../src/protection/smime/read-envelope.ts'
import { contentInfo, indefinite, makeEnvelope, transportOf } from '../../../support/make-envelope.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const bob = testCertificate('bob-rsa')
const read = (bytes: Uint8Array) => readEnvelope(bytesInMemory(bytes))
const enveloped = (...inside: readonly Uint8Array[]) =>
  contentInfo('1.2.840.113549.1.7.3', sequence(smallInteger(0), ...inside))
const repeated = (bytes: Uint8Array, times: number) => Buffer.alloc(bytes.length * times, bytes)

describe('a message made to exhaust the reader', () => {
  it('by a million recipients costs no more than 500', async () => {
    const small = transportOf({ issuer: sequence(), serialNumber: smallInteger(1) }, Buffer.alloc(1))
    const bomb = enveloped(der(0x31, repeated(small, 1_000_000)))
    const before = process.memoryUsage().heapUsed
    expect(await read(bomb)).toMatchObject({ reason: 'too-large' })
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024)
  })

  it('by a million keys for one agreement is refused', async () => {
    const key = sequence(sequence(sequence(), smallInteger(1)), der(0x04))
    const agreement = der(
      0xa1,
      smallInteger(3),
      der(0xa0, der(0xa1, sequence(oid('1.2.840.10045.2.1')), der(0x03, Buffer.from([0, 4])))),
      sequence(oid('1.3.132.1.11.1'), sequence(oid('2.16.840.1.101.3.4.1.45'))),
      sequence(repeated(key, 1_000_000)),
    )
    expect(await read(enveloped(der(0x31, agreement)))).toMatchObject({ kind: 'closed' })
  })

  it('by recipients of kinds that nobody knows is refused', async () => {
    const bomb = enveloped(der(0x31, repeated(der(0xa4), 1_000_000)))
    expect(await read(bomb)).toMatchObject({ reason: 'too-large' })
  })

  it('by one recipient of 50 MB is refused', async () => {
    const bomb = enveloped(der(0x31, transportOf(bob, Buffer.alloc(50 * 1024 * 1024))))
    expect(await read(bomb)).toMatchObject({ kind: 'closed' })
  })

  for (const [where, build] of [
    ['the whole', (nest: Uint8Array) => nest],
    ['the content', (nest: Uint8Array) => contentInfo('1.2.840.113549.1.7.3', nest)],
    ['the originator', (nest: Uint8Array) => enveloped(indefinite(0xa0, nest))],
    ['a recipient', (nest: Uint8Array) => enveloped(der(0x31, nest))],
    ['the algorithm', (nest: Uint8Array) => enveloped(der(0x31), sequence(oid('1.2.3'), nest))],
  ] as const) {
    it(`by a million elements in each other inside ${where} is damaged`, async () => {
      const bomb = build(Buffer.from('3080'.repeat(1_000_000), 'hex'))
      expect(await read(bomb)).toMatchObject({ reason: 'damaged' })
    })
  }

  it('by strings in strings is damaged', async () => {
    const contentKey = randomBytes(32)
    const bomb = makeEnvelope({
      contentKey,
      content: Buffer.alloc(10),
      recipients: [transportOf(bob, Buffer.alloc(256))],
      writeCiphertext: () => indefinite(0xa0, Buffer.from('2480'.repeat(1_000_000), 'hex')),
    })
    expect(await read(bomb)).toMatchObject({ reason: 'damaged' })
  })

  for (const [what, piece] of [
    ['pieces of one byte', Buffer.from('040141', 'hex')],
    ['empty pieces', Buffer.from('0400', 'hex')],
    ['empty strings', Buffer.from('24800000', 'hex')],
  ] as const) {
    it(`by ten million ${what} is refused`, async () => {
      const bomb = makeEnvelope({
        contentKey: randomBytes(32),
        content: Buffer.alloc(10),
        recipients: [transportOf(bob, Buffer.alloc(256))],
        writeCiphertext: () => indefinite(0xa0, repeated(piece, 10_000_000)),
      })
      expect(await read(bomb)).toMatchObject({ reason: 'damaged' })
      const ahead = enveloped(indefinite(0xa0, repeated(piece, 10_000_000)), der(0x31))
      expect(await read(ahead)).toMatchObject({ reason: 'damaged' })
    })
  }

  it('by lengths that lie is damaged, wherever they stand', async () => {
    const honest = makeEnvelope({
      contentKey: randomBytes(32),
      content: Buffer.alloc(100),
      recipients: [transportOf(bob, Buffer.alloc(256))],
    })
    for (let at = 1; at < honest.length; at++) {
      // Two and four bytes of length that claim more than there is.
      for (const lie of ['847fffffff', '84ffffffff', '88ffffffffffffffff', '82ffff']) {
        const bytes = Buffer.from(honest)
        bytes.write(lie, at, 'hex')
        const { kind } = await read(bytes)
        expect(['closed', 'enveloped', 'other']).toContain(kind)
      }
    }
  })
})
