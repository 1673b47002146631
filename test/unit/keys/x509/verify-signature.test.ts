import { constants, generateKeyPairSync, type KeyPairKeyObjectResult, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { MalformedDer, readDer } from '../../../../src/keys/x509/read-der.ts'
import { isSoundSignature, verifySignature } from '../../../../src/keys/x509/verify-signature.ts'
import { context, der, nullValue, oid, sequence, smallInteger } from '../../../../src/keys/x509/write-der.ts'

const bytes = Buffer.from('what is signed')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const ed25519 = generateKeyPairSync('ed25519')
const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'))
const sha1 = sequence(oid('1.3.14.3.2.26'))
const pss = (hash: Uint8Array, mask: Uint8Array, salt: number) =>
  sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      context(0, hash),
      context(1, sequence(oid('1.2.840.113549.1.1.8'), mask)),
      context(2, smallInteger(salt)),
    ),
  )
const named = (name: string) => sequence(oid(name))
const pssSigned = (saltLength: number) =>
  sign('sha256', bytes, {
    key: rsa.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength,
  })

describe('a signature', () => {
  const rsaSha256 = sequence(oid('1.2.840.113549.1.1.11'), nullValue)
  const byRsa = sign('sha256', bytes, rsa.privateKey)
  const cases: readonly [string, Buffer, KeyPairKeyObjectResult, Buffer, boolean][] = [
    ['by RSA', rsaSha256, rsa, byRsa, true],
    ['by ECDSA', named('1.2.840.10045.4.3.2'), ec, sign('sha256', bytes, ec.privateKey), true],
    ['by Ed25519', named('1.3.101.112'), ed25519, sign(null, bytes, ed25519.privateKey), true],
    ['by RSA-PSS', pss(sha256, sha256, 32), rsa, pssSigned(32), true],
    ['by RSA-PSS with another salt', pss(sha256, sha256, 20), rsa, pssSigned(32), false],
    ['by RSA-PSS with SHA-1', pss(sha1, sha1, 32), rsa, pssSigned(32), false],
    ['by RSA-PSS with two hashes', pss(sha256, sha1, 32), rsa, pssSigned(32), false],
    ['by RSA-PSS without parameters', named('1.2.840.113549.1.1.10'), rsa, pssSigned(20), false],
    ['of another hash', sequence(oid('1.2.840.113549.1.1.12'), nullValue), rsa, byRsa, false],
    [
      'by SHA-1',
      sequence(oid('1.2.840.113549.1.1.5'), nullValue),
      rsa,
      sign('sha1', bytes, rsa.privateKey),
      false,
    ],
    ['that names RSA and is by ECDSA', rsaSha256, ec, sign('sha256', bytes, ec.privateKey), false],
    ['by another key', named('1.2.840.10045.4.3.2'), ec, byRsa, false],
    ['that is empty', named('1.3.101.112'), ed25519, Buffer.alloc(0), false],
  ]
  it.each(cases)('%s', async (_, algorithm, { publicKey }, signature, expected) => {
    expect(await verifySignature(readDer(algorithm), publicKey, bytes, signature)).toBe(expected)
    expect(await verifySignature(readDer(algorithm), publicKey, Buffer.from('other'), signature)).toBe(false)
  })
})

test('arbitrary parameters of an algorithm are sound, unsound or malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (parameters) => {
      try {
        isSoundSignature(readDer(sequence(oid('1.2.840.113549.1.1.10'), der(0x30, parameters))))
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedDer)
      }
    }),
  )
})
