import { constants, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { childrenOf, type DerElement, MalformedDer, oidOf } from './read-der.ts'

/**
 * Signature algorithms of X.509 with SHA-2 (by node's name of the hash), and EdDSA. Whatever is not listed does not
 * count, above all SHA-1 and MD5.
 */
const soundSignatures: ReadonlyMap<string, string | undefined> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', undefined],
  ['1.3.101.113', undefined],
])
const rsaPss = '1.2.840.113549.1.1.10'
const pssHashes: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/** Whether an AlgorithmIdentifier names a signature that may be believed today. Throws MalformedDer for none. */
export function isSoundSignature(algorithm: DerElement): boolean {
  return signatureWay(algorithm) !== undefined
}

const verifyAsync = promisify(
  (
    hash: string | undefined,
    bytes: Uint8Array,
    key: VerifyKeyObjectInput,
    signature: Uint8Array,
    done: (error: Error | null, result: boolean) => void,
  ) => verify(hash, bytes, key, signature, done),
)

/**
 * Whether `key` made `signature` over `bytes` by the AlgorithmIdentifier `algorithm`; false for unsound algorithms and
 * for keys of another kind. Outside of the main thread: a revocation list may have 16 MiB.
 */
export async function verifySignature(
  algorithm: DerElement,
  key: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const way = signatureWay(algorithm)
  if (!way?.keyTypes.includes(key.asymmetricKeyType ?? '')) return false
  try {
    return await verifyAsync(way.hash, bytes, { key, ...way.options }, signature)
  } catch {
    // OpenSSL throws for signatures of impossible form; then it is none.
    return false
  }
}

/** How node:crypto checks signatures of an algorithm, and by which kinds of keys. */
export interface SignatureWay {
  readonly hash: string | undefined
  readonly keyTypes: readonly string[]
  readonly options: Omit<VerifyKeyObjectInput, 'key'>
}

/** undefined: not to be believed. Throws MalformedDer for what is no AlgorithmIdentifier. */
export function signatureWay(algorithm: DerElement): SignatureWay | undefined {
  const [name, parameters] = childrenOf(algorithm)
  const oid = oidOf(name)
  if (oid === rsaPss) return pssWay(parameters)
  if (!soundSignatures.has(oid)) return undefined
  const hash = soundSignatures.get(oid)
  if (oid.startsWith('1.3.101.')) return { hash, keyTypes: ['ed25519', 'ed448'], options: {} }
  return oid.startsWith('1.2.840.10045.')
    ? { hash, keyTypes: ['ec'], options: { dsaEncoding: 'der' } }
    : { hash, keyTypes: ['rsa'], options: {} }
}

/** RFC 4055 3.1: without parameters, or without a hash among them, it is SHA-1; MGF1 uses the same hash here. */
function pssWay(parameters: DerElement | undefined): SignatureWay | undefined {
  const parts = parameters ? childrenOf(parameters) : []
  const hashOf = (element: DerElement | undefined) => pssHashes.get(oidOf(element && childrenOf(element)[0]))
  const inside = (tag: number) => {
    const part = parts.find((element) => element.tag === tag)
    return part && childrenOf(part)[0]
  }
  const named = inside(0xa0)
  const mask = inside(0xa1)
  const salt = inside(0xa2)
  const hash = named && hashOf(named)
  if (!hash) return undefined
  // node:crypto takes one hash for both, as every program writes it.
  if (mask && hashOf(childrenOf(mask)[1]) !== hash) return undefined
  const saltLength = salt ? saltLengthOf(salt) : 20
  return {
    hash,
    keyTypes: ['rsa', 'rsa-pss'],
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
  }
}

/** OpenSSL by itself takes all the room that the key leaves: some hundred bytes, more than one byte counts. */
function saltLengthOf({ tag, content }: DerElement): number {
  const [first = 0, second] = content
  if (tag !== 0x02 || first >= 0x80 || content.length === 0 || content.length > 2)
    throw new MalformedDer('odd salt length')
  return second === undefined ? first : first * 256 + second
}
