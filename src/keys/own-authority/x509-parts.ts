import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { childrenOf, readDer } from '../x509/read-der.ts'
import { bitString, der, nullValue, octetString, oid, sequence, setOf } from '../x509/write-der.ts'

/** Pieces that certificates, requests and revocation lists of ours have in common (RFC 5280). */

const commonName = '2.5.4.3'
const sha256WithRsa = '1.2.840.113549.1.1.11'

/** What every mail program reads, and BSI TR-02102 takes beyond 2030. */
const rsaBits = 3072

export interface NewKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** PKCS#8 PEM. */
  readonly pem: string
}

export async function newRsaKey(): Promise<NewKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: rsaBits })
  return { ...pair, pem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** A Name of one CommonName. RFC 5280 A.1: ub-common-name is 64 characters. */
export function nameOf(text: string): Buffer {
  const [...characters] = text
  const value = der(0x0c, Buffer.from(characters.slice(0, 64).join(''), 'utf8'))
  return sequence(setOf(sequence(oid(commonName), value)))
}

export function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** How requests, stored keys and certificates of one key find each other: SHA-256 of the SubjectPublicKeyInfo in hex. */
export function publicKeyPrint(key: KeyObject): string {
  return createHash('sha256').update(publicKeyInfo(key)).digest('hex')
}

/** RFC 7093 2, method 1: the first 160 bits of the SHA-256 of the key. */
export function keyIdentifier(key: KeyObject): Buffer {
  const bits = childrenOf(readDer(publicKeyInfo(key)))[1]?.content ?? new Uint8Array(0)
  return createHash('sha256').update(bits.subarray(1)).digest().subarray(0, 20)
}

/** One Extension; those that are critical say so, others must not say that they are not (DER). */
export function extension(name: string, value: Uint8Array, isCritical = false): Buffer {
  return sequence(oid(name), ...(isCritical ? [der(0x01, Buffer.from([0xff]))] : []), octetString(value))
}

/** authorityKeyIdentifier (4.2.1.1) of what the holder of `key` signs. */
export function authorityKeyIdentifier(key: KeyObject): Buffer {
  return extension('2.5.29.35', sequence(der(0x80, keyIdentifier(key))))
}

/** 4.1.2.2: positive, at most 20 bytes, and not to be guessed: 126 random bits. */
export function newSerialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return der(0x02, bytes)
}

export const signatureAlgorithm = sequence(oid(sha256WithRsa), nullValue)

/** SEQUENCE of content, algorithm and signature: the frame of all three. */
export function signed(content: Buffer, privateKey: KeyObject): Buffer {
  return sequence(content, signatureAlgorithm, bitString(sign('sha256', content, privateKey)))
}

export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
