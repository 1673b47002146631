import { constants, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto'
import { context, oid, sequence, smallInteger } from '../../keys/x509/write-der.ts'
import { type DigestName, digests, ecdsaWith, ed25519, hashAndMask, rsaEncryption } from './algorithms.ts'

/** How a kind of key signs in CMS. */
export interface SignatureScheme {
  /** Of the content. */
  readonly digest: DigestName
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: Buffer
}

/** ECDSA with the digest of about the curve's size (RFC 5753 2.1.1 leaves it open; P-256 and SHA-256 are read everywhere). */
const digestOfCurve: Readonly<Record<string, DigestName>> = {
  secp384r1: 'sha384',
  brainpoolP384r1: 'sha384',
  secp521r1: 'sha512',
  brainpoolP512r1: 'sha512',
}

export function signatureSchemeOf(key: KeyObject): SignatureScheme {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { digest: 'sha256', signatureAlgorithm: rsaEncryption }
    case 'rsa-pss': {
      const digest = pssDigestOf(key)
      return { digest, signatureAlgorithm: rsassaPss(digest) }
    }
    case 'ec': {
      const digest = digestOfCurve[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'sha256'
      return { digest, signatureAlgorithm: ecdsaWith[digest] }
    }
    case 'ed25519':
      // RFC 8419 3.1: the content is digested with SHA-512.
      return { digest: 'sha512', signatureAlgorithm: ed25519 }
    default:
      throw new Error(`keys of kind ${key.asymmetricKeyType} do not sign mail`)
  }
}

/** Signs attributes. On a thread of its own: RSA-4096 takes some milliseconds. */
export function signWith(key: KeyObject, digest: DigestName, attributes: Uint8Array): Promise<Buffer> {
  const type = key.asymmetricKeyType
  const input: SignKeyObjectInput =
    type === 'rsa-pss'
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { key }
  return new Promise((resolve, reject) => {
    sign(type === 'ed25519' ? null : digest, attributes, input, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    )
  })
}

/** A key may be bound to one digest (RFC 4055 1.2). */
function pssDigestOf(key: KeyObject): DigestName {
  const wanted = key.asymmetricKeyDetails?.hashAlgorithm ?? 'sha256'
  const digest = (Object.keys(digests) as DigestName[]).find((name) => name === wanted)
  if (!digest) throw new Error(`an RSA-PSS key for ${wanted} does not sign mail`)
  return digest
}

/** RFC 4056: RSASSA-PSS with a salt as long as the digest. */
function rsassaPss(digest: DigestName): Buffer {
  const saltLength = Number(digest.slice(3)) / 8
  return sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(...hashAndMask(digest), context(2, smallInteger(saltLength))),
  )
}
