import {
  createCipheriv,
  createECDH,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readDer } from '../../../../src/keys/x509/read-der.ts'
import { context, octetString, oid, sequence } from '../../../../src/keys/x509/write-der.ts'
import { EnvelopeProblem } from '../../../../src/protection/smime/closed-envelope.ts'
import { keyAgreement } from '../../../../src/protection/smime/key-agreement.ts'

const contentKey = randomBytes(32)
const wrap = sequence(oid('2.16.840.1.101.3.4.1.45'))
const bits256 = context(2, octetString(Buffer.from([0, 0, 1, 0])))

/** The public bits of a key without what is around them. */
function bitsOf(key: KeyObject, length: number): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-length)
}
function wrapped(keyEncryptionKey: Uint8Array): Buffer {
  const cipher = createCipheriv('id-aes256-wrap', keyEncryptionKey, Buffer.alloc(8, 0xa6))
  return Buffer.concat([cipher.update(contentKey), cipher.final()])
}
function recipient(
  scheme: string,
  originatorKey: Uint8Array | undefined,
  encryptedKey: Uint8Array,
  ukm?: Uint8Array,
) {
  return {
    kind: 'agreement',
    identifier: { kind: 'subjectKeyIdentifier', keyIdentifier: new Uint8Array(0) },
    algorithm: { oid: scheme, parameters: readDer(wrap) },
    encryptedKey,
    originatorKey,
    keyingMaterial: ukm,
  } as const
}

describe('a content key by agreement', () => {
  const ours = generateKeyPairSync('x25519')
  const theirs = generateKeyPairSync('x25519')
  const secret = diffieHellman({ privateKey: theirs.privateKey, publicKey: ours.publicKey })
  const point = bitsOf(theirs.publicKey, 32)
  const counted = (number: number) => Buffer.from([0, 0, 0, number])

  for (const ukm of [undefined, randomBytes(24)]) {
    const shared = sequence(wrap, ...(ukm ? [context(0, octetString(ukm))] : []), bits256)
    const x963 = (hash: string, rounds: number) =>
      Buffer.concat(
        Array.from({ length: rounds }, (_, round) =>
          createHash(hash)
            .update(secret)
            .update(counted(round + 1))
            .update(shared)
            .digest(),
        ),
      ).subarray(0, 32)
    const hkdf = (hash: string) => Buffer.from(hkdfSync(hash, secret, ukm ?? Buffer.alloc(0), shared, 32))
    for (const [what, scheme, key] of [
      ['SHA-1, which takes two rounds', '1.3.133.16.840.63.0.2', x963('sha1', 2)],
      ['SHA-224', '1.3.132.1.11.0', x963('sha224', 2)],
      ['SHA-256', '1.3.132.1.11.1', x963('sha256', 1)],
      ['SHA-512', '1.3.132.1.11.3', x963('sha512', 1)],
      ['HKDF-SHA-256', '1.2.840.113549.1.9.16.3.19', hkdf('sha256')],
      ['HKDF-SHA-512', '1.2.840.113549.1.9.16.3.21', hkdf('sha512')],
    ] as const) {
      it(`with X25519 and ${what}${ukm ? ', with keying material' : ''} is found`, () => {
        const open = keyAgreement(recipient(scheme, point, wrapped(key), ukm))
        expect(Buffer.from(open(ours.privateKey))).toEqual(contentKey)
      })
    }
  }

  it('is not found with a point of order 8, on which everybody agrees', () => {
    for (const point of [Buffer.alloc(32), Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])])
      expect(() =>
        keyAgreement(recipient('1.3.132.1.11.1', point, randomBytes(40)))(ours.privateKey),
      ).toThrow()
  })

  it('is not found with a point that is not on our curve', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const otherCurve = createECDH('brainpoolP256r1').generateKeys()
    const changed = createECDH('prime256v1').generateKeys()
    changed[64] = (changed[64] ?? 0) ^ 1
    for (const point of [
      otherCurve,
      changed,
      Buffer.from([0]),
      Buffer.alloc(0),
      randomBytes(65),
      randomBytes(500),
    ])
      expect(() => keyAgreement(recipient('1.3.132.1.11.1', point, randomBytes(40)))(privateKey)).toThrow()
  })

  it('takes the point of the sender in its compressed form too', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const ephemeral = createECDH('prime256v1')
    ephemeral.generateKeys()
    const agreed = ephemeral.computeSecret(bitsOf(publicKey, 65))
    const key = createHash('sha256')
      .update(agreed)
      .update(counted(1))
      .update(sequence(wrap, bits256))
      .digest()
    const open = keyAgreement(
      recipient('1.3.132.1.11.1', ephemeral.getPublicKey(null, 'compressed'), wrapped(key)),
    )
    expect(Buffer.from(open(privateKey))).toEqual(contentKey)
    expect(createPublicKey(privateKey).equals(publicKey)).toBe(true)
  })

  it('is refused where the way is not known', () => {
    const common = recipient('1.3.132.1.11.1', point, randomBytes(40))
    for (const odd of [
      { ...common, algorithm: { ...common.algorithm, oid: '1.2.840.113549.1.9.16.3.5' } },
      { ...common, originatorKey: undefined },
      // Triple-DES key wrap
      {
        ...common,
        algorithm: { ...common.algorithm, parameters: readDer(sequence(oid('1.2.840.113549.1.9.16.3.6'))) },
      },
    ])
      expect(() => keyAgreement(odd)).toThrow(EnvelopeProblem)
  })
})
