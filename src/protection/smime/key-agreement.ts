import {
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { childrenOf, readDer } from '../../keys/x509/read-der.ts'
import { bitString, context, octetString, sequence } from '../../keys/x509/write-der.ts'
import { EnvelopeProblem } from './closed-envelope.ts'
import { type KeyAgreementRecipient, readAlgorithm } from './read-recipients.ts'

/** How the shared secret becomes a key: X9.63 (RFC 5753 7.1.4) or HKDF (RFC 8418 2.2). */
interface Scheme {
  readonly derivation: 'x963' | 'hkdf'
  readonly hash: string
}

/**
 * dhSinglePass-stdDH, and its cofactor form: all curves here have the cofactor 1 or clear it themselves (X25519), so
 * both agree on the same secret.
 */
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['1.3.133.16.840.63.0.2', { derivation: 'x963', hash: 'sha1' }],
  ['1.3.132.1.11.0', { derivation: 'x963', hash: 'sha224' }],
  ['1.3.132.1.11.1', { derivation: 'x963', hash: 'sha256' }],
  ['1.3.132.1.11.2', { derivation: 'x963', hash: 'sha384' }],
  ['1.3.132.1.11.3', { derivation: 'x963', hash: 'sha512' }],
  ['1.3.133.16.840.63.0.3', { derivation: 'x963', hash: 'sha1' }],
  ['1.3.132.1.14.0', { derivation: 'x963', hash: 'sha224' }],
  ['1.3.132.1.14.1', { derivation: 'x963', hash: 'sha256' }],
  ['1.3.132.1.14.2', { derivation: 'x963', hash: 'sha384' }],
  ['1.3.132.1.14.3', { derivation: 'x963', hash: 'sha512' }],
  ['1.2.840.113549.1.9.16.3.19', { derivation: 'hkdf', hash: 'sha256' }],
  ['1.2.840.113549.1.9.16.3.20', { derivation: 'hkdf', hash: 'sha384' }],
  ['1.2.840.113549.1.9.16.3.21', { derivation: 'hkdf', hash: 'sha512' }],
])

/** AES key wrap (RFC 3565 2.3.2). The triple-DES one is left out: nobody has elliptic curves and no AES. */
const wraps: ReadonlyMap<string, { name: string; keyBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.5', { name: 'id-aes128-wrap', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.25', { name: 'id-aes192-wrap', keyBytes: 24 }],
  ['2.16.840.1.101.3.4.1.45', { name: 'id-aes256-wrap', keyBytes: 32 }],
])

/** Opens a content key that was wrapped for `privateKey`. */
export type OpenKey = (privateKey: KeyObject) => Uint8Array

/**
 * How to open the content key of a recipient by key agreement (RFC 5753 3.1). Throws EnvelopeProblem, MalformedDer for
 * what cannot be read; what it returns throws for whatever is wrong with the key.
 */
export function keyAgreement(recipient: KeyAgreementRecipient): OpenKey {
  const { algorithm, originatorKey, encryptedKey, keyingMaterial } = recipient
  const scheme = schemes.get(algorithm.oid)
  if (!scheme) throw new EnvelopeProblem('unsupported', `key agreement ${algorithm.oid}`)
  const wrap = wraps.get(readAlgorithm(algorithm.parameters).oid)
  if (!wrap || !algorithm.parameters) throw new EnvelopeProblem('unsupported', 'key wrap other than AES')
  if (!originatorKey)
    throw new EnvelopeProblem('unsupported', 'key agreement with a certificate of the sender')
  const shared = sharedInfo(algorithm.parameters.encoded, wrap.keyBytes, keyingMaterial)
  return (privateKey) => {
    const secret = diffieHellman({ privateKey, publicKey: onTheCurveOf(privateKey, originatorKey) })
    const key =
      scheme.derivation === 'hkdf'
        ? Buffer.from(hkdfSync(scheme.hash, secret, keyingMaterial ?? noSalt, shared, wrap.keyBytes))
        : x963(scheme.hash, secret, shared, wrap.keyBytes)
    const decipher = createDecipheriv(wrap.name, key, wrapInitialValue)
    return Buffer.concat([decipher.update(encryptedKey), decipher.final()])
  }
}

/**
 * The sender's point as a key on our curve, whatever curve it claims. OpenSSL refuses a point that is not on it: its
 * multiples would tell our key bit by bit (invalid curve attack).
 */
function onTheCurveOf(privateKey: KeyObject, point: Uint8Array): KeyObject {
  const own = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const [algorithm] = childrenOf(readDer(own))
  if (!algorithm) throw new Error('a public key without algorithm')
  return createPublicKey({ key: sequence(algorithm.encoded, bitString(point)), format: 'der', type: 'spki' })
}

/** ECC-CMS-SharedInfo (RFC 5753 7.2): the wrap as the sender wrote it, his keying material, the bits wanted. */
function sharedInfo(wrap: Uint8Array, keyBytes: number, keyingMaterial: Uint8Array | undefined): Buffer {
  const bits = Buffer.alloc(4)
  bits.writeUInt32BE(keyBytes * 8)
  const material = keyingMaterial ? [context(0, octetString(keyingMaterial))] : []
  return sequence(wrap, ...material, context(2, octetString(bits)))
}

/** ANSI X9.63: hash(secret || counter || shared), as often as it takes. */
function x963(hash: string, secret: Uint8Array, shared: Uint8Array, bytes: number): Buffer {
  const rounds: Buffer[] = []
  for (let length = 0; length < bytes; length += rounds.at(-1)?.length ?? bytes) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(rounds.length + 1)
    rounds.push(createHash(hash).update(secret).update(counter).update(shared).digest())
  }
  return Buffer.concat(rounds).subarray(0, bytes)
}

const noSalt = new Uint8Array(0)

/** RFC 3394 2.2.3.1. */
const wrapInitialValue = Buffer.alloc(8, 0xa6)
