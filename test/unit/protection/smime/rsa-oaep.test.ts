import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { readDer } from '../../../../src/keys/x509/read-der.ts'
import { context, octetString, oid, sequence } from '../../../../src/keys/x509/write-der.ts'
import { EnvelopeProblem } from '../../../../src/protection/smime/closed-envelope.ts'
import { decryptOaep, readOaepParameters } from '../../../../src/protection/smime/rsa-oaep.ts'

const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'))
const mgf1 = (hash: Uint8Array) => context(1, sequence(oid('1.2.840.113549.1.1.8'), hash))
const label = context(2, sequence(oid('1.2.840.113549.1.1.9'), octetString(Buffer.from('abc'))))

describe('OAEP', () => {
  for (const [what, fields, expected] of [
    ['nothing', [], { hash: 'sha1', maskHash: 'sha1', label: '' }],
    ['the hash alone', [context(0, sha256)], { hash: 'sha256', maskHash: 'sha1', label: '' }],
    ['the mask alone', [mgf1(sha256)], { hash: 'sha1', maskHash: 'sha256', label: '' }],
    [
      'everything',
      [context(0, sha256), mgf1(sha256), label],
      { hash: 'sha256', maskHash: 'sha256', label: 'abc' },
    ],
  ] as const) {
    it(`whose parameters say ${what} has defaults for the rest (RFC 4055 4.1)`, () => {
      const { label, ...rest } = readOaepParameters(readDer(sequence(...fields)))
      expect({ ...rest, label: Buffer.from(label).toString() }).toEqual(expected)
    })
  }

  it('may come without parameters', () => {
    expect(readOaepParameters(undefined)).toMatchObject({ hash: 'sha1', maskHash: 'sha1' })
  })

  it('with hashes, masks and labels that are not known is refused', () => {
    for (const odd of [
      context(0, sequence(oid('1.2.3'))),
      mgf1(sequence(oid('1.2.3'))),
      context(1, sequence(oid('1.2.3'), sha256)),
      context(2, sequence(oid('1.2.3'))),
    ])
      expect(() => readOaepParameters(readDer(sequence(odd)))).toThrow(EnvelopeProblem)
  })

  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const blockBytes = 256

  test('with two hashes takes nothing that was changed, whatever was changed', () => {
    const raw = (block: Uint8Array) =>
      publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block)
    const parameters = { hash: 'sha256', maskHash: 'sha1', label: new Uint8Array(0) } as const
    fc.assert(
      fc.property(fc.uint8Array({ minLength: blockBytes - 1, maxLength: blockBytes - 1 }), (bytes) => {
        expect(() =>
          decryptOaep(raw(Buffer.concat([Buffer.from([0]), bytes])), privateKey, parameters),
        ).toThrow()
      }),
      { numRuns: 50 },
    )
    for (const size of [0, 1, 255, 257, 1000])
      expect(() => decryptOaep(randomBytes(size), privateKey, parameters)).toThrow()
  })

  test('with two hashes and a key that is too short for them gives an error', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 512 })
    const block = publicEncrypt(
      { key: small.publicKey, padding: constants.RSA_NO_PADDING },
      Buffer.alloc(64, 1),
    )
    const parameters = { hash: 'sha512', maskHash: 'sha1', label: new Uint8Array(0) } as const
    expect(() => decryptOaep(block, small.privateKey, parameters)).toThrow('too short')
  })
})
