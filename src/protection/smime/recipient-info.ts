import { constants, createCipheriv, createECDH, createHash, publicEncrypt } from 'node:crypto'
import type { Certificate } from '../../keys/certificate.ts'
import {
  aes256Wrap,
  ecPublicKey,
  ephemeralStaticDh,
  issuerAndSerialNumber,
  rsaEncryption,
} from './algorithms.ts'
import { bitString, context, octetString, sequence, smallInteger } from './der.ts'

/** The content key for one recipient (RFC 5652 6.2). */
export function recipientInfo(recipient: Certificate, contentKey: Uint8Array): Buffer {
  return recipient.publicKey.asymmetricKeyType === 'ec'
    ? keyAgreement(recipient, contentKey)
    : keyTransport(recipient, contentKey)
}

/** RSA PKCS#1 v1.5 (RFC 3370 4.2.1): the only one that every mail program reads, gpgsm 2.2 among them. */
function keyTransport(recipient: Certificate, contentKey: Uint8Array): Buffer {
  const { publicKey } = recipient
  const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, contentKey)
  return sequence(smallInteger(0), issuerAndSerialNumber(recipient), rsaEncryption, octetString(encryptedKey))
}

/** Ephemeral-static ECDH with SHA-256 and AES-256 key wrap (RFC 5753 3.1). */
function keyAgreement(recipient: Certificate, contentKey: Uint8Array): Buffer {
  const curve = recipient.publicKey.asymmetricKeyDetails?.namedCurve
  if (curve === undefined) throw new Error('a key on a curve without name cannot be encrypted to')
  const ephemeral = createECDH(curve)
  const point = ephemeral.generateKeys()
  const secret = ephemeral.computeSecret(recipient.publicKeyBits)
  // X9.63: SHA-256(secret || counter 1 || SharedInfo) is the 32 bytes that are needed, so there is no second round.
  const keyEncryptionKey = createHash('sha256')
    .update(secret)
    .update(Buffer.from([0, 0, 0, 1]))
    .update(sharedInfo)
    .digest()
  const wrap = createCipheriv('id-aes256-wrap', keyEncryptionKey, wrapInitialValue)
  const encryptedKey = Buffer.concat([wrap.update(contentKey), wrap.final()])
  return context(
    1,
    smallInteger(3),
    context(0, context(1, sequence(ecPublicKey), bitString(point))),
    sequence(ephemeralStaticDh, aes256Wrap),
    sequence(sequence(issuerAndSerialNumber(recipient), octetString(encryptedKey))),
  )
}

/** ECC-CMS-SharedInfo (RFC 5753 7.2): key wrap and its 256 bits, no user keying material. */
const sharedInfo = sequence(aes256Wrap, context(2, octetString(Buffer.from([0, 0, 1, 0]))))

/** RFC 3394 2.2.3.1. */
const wrapInitialValue = Buffer.alloc(8, 0xa6)
