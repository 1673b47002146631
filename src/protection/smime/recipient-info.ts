import {
  constants,
  createCipheriv,
  createHash,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto'
import type { Certificate } from '../../keys/x509/certificate.ts'
import { childrenOf, readDer } from '../../keys/x509/read-der.ts'
import { bitString, context, octetString, sequence, smallInteger } from '../../keys/x509/write-der.ts'
import {
  aes256Wrap,
  ecPublicKey,
  ephemeralStaticDh,
  issuerAndSerialNumber,
  rsaEncryption,
  rsaesOaep,
  x25519,
} from './algorithms.ts'
import type { EncryptionRecipient, KeyTransport } from './choose-algorithms.ts'

/** The content key for one recipient (RFC 5652 6.2). */
export function recipientInfo(
  { certificate, keyTransport }: EncryptionRecipient,
  contentKey: Uint8Array,
): Buffer {
  const { asymmetricKeyType } = certificate.publicKey
  switch (asymmetricKeyType) {
    case 'rsa':
      return transported(certificate, keyTransport, contentKey)
    case 'ec':
    case 'x25519':
      return agreed(certificate, contentKey)
    default:
      throw new Error(`a key of kind ${asymmetricKeyType} cannot be encrypted to`)
  }
}

/**
 * RSA PKCS#1 v1.5 (RFC 3370 4.2.1) is the only one that every mail program reads, gpgsm 2.2 among them; OAEP with
 * SHA-256 (RFC 8551 2.3) leaves no room for guessing the key by a reader's answers.
 */
function transported(recipient: Certificate, keyTransport: KeyTransport, contentKey: Uint8Array): Buffer {
  const key = recipient.publicKey
  const [algorithm, input] =
    keyTransport === 'rsa-oaep'
      ? [rsaesOaep, { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }]
      : [rsaEncryption, { key, padding: constants.RSA_PKCS1_PADDING }]
  const encryptedKey = octetString(publicEncrypt(input, contentKey))
  return sequence(smallInteger(0), issuerAndSerialNumber(recipient), algorithm, encryptedKey)
}

/** Ephemeral-static ECDH with SHA-256 and AES-256 key wrap (RFC 5753 3.1; RFC 8418 2.1 for X25519). */
function agreed(recipient: Certificate, contentKey: Uint8Array): Buffer {
  const { publicKey } = recipient
  const ephemeral = ephemeralFor(publicKey)
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey })
  // X9.63: SHA-256(secret || counter 1 || SharedInfo) is the 32 bytes that are needed, so there is no second round.
  const keyEncryptionKey = createHash('sha256')
    .update(secret)
    .update(Buffer.from([0, 0, 0, 1]))
    .update(sharedInfo)
    .digest()
  const wrap = createCipheriv('id-aes256-wrap', keyEncryptionKey, wrapInitialValue)
  const encryptedKey = Buffer.concat([wrap.update(contentKey), wrap.final()])
  // RFC 5753 3.1.1: without parameters, the curve is the recipient's.
  const kind = sequence(publicKey.asymmetricKeyType === 'ec' ? ecPublicKey : x25519)
  return context(
    1,
    smallInteger(3),
    context(0, context(1, kind, bitString(pointOf(ephemeral.publicKey)))),
    sequence(ephemeralStaticDh, aes256Wrap),
    sequence(sequence(issuerAndSerialNumber(recipient), octetString(encryptedKey))),
  )
}

function ephemeralFor(publicKey: KeyObject): { publicKey: KeyObject; privateKey: KeyObject } {
  if (publicKey.asymmetricKeyType === 'x25519') return generateKeyPairSync('x25519')
  const namedCurve = publicKey.asymmetricKeyDetails?.namedCurve
  if (namedCurve === undefined) throw new Error('a key on a curve without name cannot be encrypted to')
  return generateKeyPairSync('ec', { namedCurve })
}

/** The bits of a public key: on a curve of RFC 5480 the uncompressed point. */
function pointOf(publicKey: KeyObject): Uint8Array {
  const bits = childrenOf(readDer(publicKey.export({ type: 'spki', format: 'der' })))[1]
  if (!bits) throw new Error('a public key without bits')
  return bits.content.subarray(1)
}

/** ECC-CMS-SharedInfo (RFC 5753 7.2): key wrap and its 256 bits, no user keying material. */
const sharedInfo = sequence(aes256Wrap, context(2, octetString(Buffer.from([0, 0, 1, 0]))))

/** RFC 3394 2.2.3.1. */
const wrapInitialValue = Buffer.alloc(8, 0xa6)
