import { constants } from 'node:crypto'
import { childrenOf, type DerElement, oidOf, readDer } from '../../keys/x509/read-der.ts'
import { type SignatureWay, signatureWay } from '../../keys/x509/verify-signature.ts'
import { oid, sequence } from '../../keys/x509/write-der.ts'
import type { DigestName } from './algorithms.ts'
import { digestNamed } from './read-attributes.ts'
import type { SignerInfo } from './read-signed-data.ts'

export type SignerAlgorithms =
  | {
      readonly kind: 'sound'
      /** Of the content. */
      readonly digest: DigestName
      /** As certificates write it: with its hash. */
      readonly signatureAlgorithm: DerElement
      readonly way: SignatureWay
      readonly name: string
    }
  | { readonly kind: 'weak-digest' | 'unsupported-algorithm'; readonly name: string }

/** sha256WithRSAEncryption and its kin (RFC 5754 3.2). */
const withRsa: Readonly<Record<DigestName, string>> = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}
const rsaEncryption = '1.2.840.113549.1.1.1'

/** Digests for which two contents with one value can be made, or nobody would notice soon: alone, and with RSA, DSA or ECDSA. */
const weak: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.2', 'MD2'],
  ['1.2.840.113549.2.4', 'MD4'],
  ['1.2.840.113549.2.5', 'MD5'],
  ['1.3.14.3.2.26', 'SHA1'],
  ['1.3.36.3.2.1', 'RIPEMD160'],
  ['1.2.840.113549.1.1.2', 'RSA-MD2'],
  ['1.2.840.113549.1.1.3', 'RSA-MD4'],
  ['1.2.840.113549.1.1.4', 'RSA-MD5'],
  ['1.2.840.113549.1.1.5', 'RSA-SHA1'],
  ['1.2.840.10040.4.3', 'DSA-SHA1'],
  ['1.2.840.10045.4.1', 'ECDSA-SHA1'],
])

/** What a SignerInfo was made with. Throws MalformedDer for what names no algorithm. */
export function signerAlgorithms(info: SignerInfo): SignerAlgorithms {
  const digestName = oidOf(childrenOf(info.digestAlgorithm)[0])
  const signatureName = oidOf(childrenOf(info.signatureAlgorithm)[0])
  const weakness = weak.get(digestName) ?? weak.get(signatureName)
  if (weakness !== undefined) return { kind: 'weak-digest', name: weakness }
  const digest = digestNamed(info.digestAlgorithm)
  const signatureAlgorithm =
    signatureName === rsaEncryption && digest
      ? readDer(sequence(oid(withRsa[digest])))
      : info.signatureAlgorithm
  const way = signatureWay(signatureAlgorithm)
  if (!digest || !way) return { kind: 'unsupported-algorithm', name: `${signatureName} with ${digestName}` }
  return { kind: 'sound', digest, signatureAlgorithm, way, name: nameOf(way) }
}

function nameOf({ hash, keyTypes, options }: SignatureWay): string {
  if (hash === undefined) return 'Ed25519'
  const suffix = hash.toUpperCase()
  if (options.padding === constants.RSA_PKCS1_PSS_PADDING) return `RSASSA-PSS-${suffix}`
  return keyTypes.includes('ec') ? `ECDSA-${suffix}` : `RSA-${suffix}`
}
