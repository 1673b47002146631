import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import type { Certificate } from '../../src/keys/x509/certificate.ts'
import {
  context,
  der,
  nullValue,
  octetString,
  oid,
  sequence,
  smallInteger,
} from '../../src/keys/x509/write-der.ts'

const ciphers = {
  'aes-128-cbc': { oid: '2.16.840.1.101.3.4.1.2', keyBytes: 16, ivBytes: 16 },
  'aes-256-cbc': { oid: '2.16.840.1.101.3.4.1.42', keyBytes: 32, ivBytes: 16 },
  'des-ede3-cbc': { oid: '1.2.840.113549.3.7', keyBytes: 24, ivBytes: 8 },
  'aes-128-gcm': { oid: '2.16.840.1.101.3.4.1.6', keyBytes: 16, ivBytes: 12 },
  'aes-256-gcm': { oid: '2.16.840.1.101.3.4.1.46', keyBytes: 32, ivBytes: 12 },
} as const

export interface EnvelopeWish {
  readonly cipher?: keyof typeof ciphers
  readonly contentKey: Uint8Array
  readonly content: Uint8Array
  /** RecipientInfos. */
  readonly recipients: readonly Uint8Array[]
  /** What the algorithm says of the tag, and what is there. */
  readonly announcedTag?: number
  readonly tagBytes?: number
  /** DER of single attributes; sent in this order, authenticated as SET OF in `authenticatedOrder`. */
  readonly attributes?: readonly Uint8Array[]
  readonly authenticatedAs?: Uint8Array
  readonly change?: (ciphertext: Buffer) => Buffer
  /** Another content type or algorithm than the cipher's. */
  readonly contentType?: string
  readonly algorithm?: Uint8Array
  /** Writes the ciphertext element; in one piece under [0] without. */
  readonly writeCiphertext?: (ciphertext: Buffer) => Uint8Array
}

/** An envelope as a sender would write it, or as he would not: built in memory, step by step as RFC 5652 6 says. */
export function makeEnvelope(wish: EnvelopeWish): Buffer {
  const { cipher = 'aes-256-cbc', contentKey, content, announcedTag = 16, tagBytes = announcedTag } = wish
  const { oid: cipherOid, ivBytes } = ciphers[cipher]
  const iv = randomBytes(ivBytes)
  const isGcm = cipher === 'aes-128-gcm' || cipher === 'aes-256-gcm'
  let ciphertext: Buffer
  let mac = Buffer.alloc(0)
  if (isGcm) {
    const encryption = createCipheriv(cipher, contentKey, iv)
    if (wish.authenticatedAs) encryption.setAAD(wish.authenticatedAs)
    ciphertext = Buffer.concat([encryption.update(content), encryption.final()])
    mac = encryption.getAuthTag().subarray(0, tagBytes)
  } else {
    const encryption = createCipheriv(cipher, contentKey, iv)
    ciphertext = Buffer.concat([encryption.update(content), encryption.final()])
  }
  const parameters = isGcm
    ? sequence(octetString(iv), ...(announcedTag === 12 ? [] : [smallInteger(announcedTag)]))
    : octetString(iv)
  const { change = (same) => same, writeCiphertext = (bytes) => der(0x80, bytes) } = wish
  const encrypted = sequence(
    oid('1.2.840.113549.1.7.1'),
    wish.algorithm ?? sequence(oid(cipherOid), parameters),
    writeCiphertext(change(ciphertext)),
  )
  const closing = isGcm ? [...(wish.attributes ? [der(0xa1, ...wish.attributes)] : []), octetString(mac)] : []
  return contentInfo(
    wish.contentType ?? (isGcm ? '1.2.840.113549.1.9.16.1.23' : '1.2.840.113549.1.7.3'),
    sequence(smallInteger(0), der(0x31, ...wish.recipients), encrypted, ...closing),
  )
}

export function contentInfo(type: string, content: Uint8Array): Buffer {
  return sequence(oid(type), context(0, content))
}

/** KeyTransRecipientInfo by issuer and serial number, RSA PKCS#1 v1.5. */
export function transportTo(recipient: Certificate, contentKey: Uint8Array): Buffer {
  const padding = constants.RSA_PKCS1_PADDING
  return transportOf(recipient, publicEncrypt({ key: recipient.publicKey, padding }, contentKey))
}

/** The same around any bytes. */
export function transportOf(
  { issuer, serialNumber }: Pick<Certificate, 'issuer' | 'serialNumber'>,
  encryptedKey: Uint8Array,
  algorithm: Uint8Array = sequence(oid('1.2.840.113549.1.1.1'), nullValue),
): Buffer {
  return sequence(smallInteger(0), sequence(issuer, serialNumber), algorithm, octetString(encryptedKey))
}

/** An element of indefinite length. */
export function indefinite(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...contents, Buffer.from([0, 0])])
}
