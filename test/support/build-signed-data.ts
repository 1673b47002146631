import { createHash, type KeyObject, sign } from 'node:crypto'
import type { Certificate } from '../../src/keys/x509/certificate.ts'
import { context, octetString, oid, sequence, setOf, smallInteger } from '../../src/keys/x509/write-der.ts'
import {
  data,
  digestIdentifier,
  issuerAndSerialNumber,
  rsaEncryption,
  signedData,
} from '../../src/protection/smime/algorithms.ts'
import { testCertificate, testSigner } from './test-keys.ts'

/** SignedData as no program writes it: every piece can be another. */
export interface OddSignedData {
  readonly contentType?: Uint8Array
  readonly content?: Uint8Array
  readonly certificates?: readonly Uint8Array[]
  readonly signerInfos: readonly Uint8Array[]
}

export function buildSignedData({
  contentType = data,
  content,
  certificates,
  signerInfos,
}: OddSignedData): Buffer {
  const inside = content ? [context(0, octetString(content))] : []
  const sent = certificates ?? [testCertificate('alice-rsa').x509.raw]
  const parts = [
    smallInteger(1),
    setOf(digestIdentifier('sha256')),
    sequence(contentType, ...inside),
    context(0, ...sent),
    setOf(...signerInfos),
  ]
  return sequence(signedData, context(0, sequence(...parts)))
}

/** An attribute with any number of values. */
export function attribute(type: string, ...values: readonly Uint8Array[]): Buffer {
  return sequence(oid(type), setOf(...values))
}

export const contentTypeAttribute = attribute('1.2.840.113549.1.9.3', data)

export function digestAttribute(content: Uint8Array): Buffer {
  return attribute('1.2.840.113549.1.9.4', octetString(createHash('sha256').update(content).digest()))
}

export interface OddSignerInfo {
  readonly certificate?: Certificate
  readonly key?: KeyObject
  /** Instead of the signature that the key makes. */
  readonly signature?: Uint8Array
}

/** Over attributes, in the order given. */
export function signerInfoOver(attributes: readonly Uint8Array[], odd: OddSignerInfo = {}): Buffer {
  const content = Buffer.concat(attributes)
  const set = context(17, content)
  set[0] = 0x31
  const tagged = context(0, content)
  return signerInfo(set, tagged, odd)
}

/** Over the content itself. */
export function signerInfoWithoutAttributes(content: Uint8Array, odd: OddSignerInfo = {}): Buffer {
  return signerInfo(content, Buffer.alloc(0), odd)
}

function signerInfo(
  signed: Uint8Array,
  attributes: Uint8Array,
  {
    certificate = testCertificate('alice-rsa'),
    key = testSigner('alice-rsa').privateKey,
    signature,
  }: OddSignerInfo,
): Buffer {
  return sequence(
    smallInteger(1),
    issuerAndSerialNumber(certificate),
    digestIdentifier('sha256'),
    attributes,
    rsaEncryption,
    octetString(signature ?? sign('sha256', signed, key)),
  )
}
