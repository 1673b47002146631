import { childrenOf, type DerElement } from '../../keys/x509/read-der.ts'
import { EnvelopeProblem } from './closed-envelope.ts'
import { type AlgorithmIdentifier, contentOf } from './read-recipients.ts'

/** How the content is encrypted, by OpenSSL's names. */
export type ContentCipher =
  | { readonly kind: 'cbc'; readonly name: CbcName; readonly keyBytes: number; readonly iv: Uint8Array }
  | {
      readonly kind: 'gcm'
      readonly name: GcmName
      readonly keyBytes: number
      readonly iv: Uint8Array
      readonly tagBytes: number
    }

type CbcName = 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc'
type GcmName = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'

/** RFC 3565 4.1, RFC 3370 5.1. */
const cbc: ReadonlyMap<string, { name: CbcName; keyBytes: number; ivBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 }],
])

/** RFC 5084 3.2. */
const gcm: ReadonlyMap<string, { name: GcmName; keyBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.6', { name: 'aes-128-gcm', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.26', { name: 'aes-192-gcm', keyBytes: 24 }],
  ['2.16.840.1.101.3.4.1.46', { name: 'aes-256-gcm', keyBytes: 32 }],
])

/** RFC 5084 3.2 recommends 12 bytes; this is room for what else has been seen. */
const maxNonceBytes = 64

/** The cipher's name; its dotted form if it is none of ours. */
export function cipherName({ oid }: AlgorithmIdentifier): string {
  return cbc.get(oid)?.name ?? gcm.get(oid)?.name ?? oid
}

/**
 * The cipher of an envelope. Each structure takes its own kind only: GCM without a tag, as in EnvelopedData, would be
 * decrypted unauthenticated under an authenticated name. Throws EnvelopeProblem, MalformedDer.
 */
export function contentCipher(algorithm: AlgorithmIdentifier, isAuthEnveloped: boolean): ContentCipher {
  const block = cbc.get(algorithm.oid)
  if (block && !isAuthEnveloped) {
    const iv = contentOf(algorithm.parameters, 0x04)
    if (iv.length !== block.ivBytes)
      throw new EnvelopeProblem('damaged', `initial value of ${iv.length} bytes`)
    return { kind: 'cbc', name: block.name, keyBytes: block.keyBytes, iv }
  }
  const counter = gcm.get(algorithm.oid)
  if (counter && isAuthEnveloped) return { kind: 'gcm', ...counter, ...gcmParameters(algorithm.parameters) }
  throw new EnvelopeProblem('unsupported', `content encryption ${cipherName(algorithm)}`)
}

/** GCMParameters (RFC 5084 3.2): the nonce, and the length of the tag, 12 bytes unless it says otherwise. */
function gcmParameters(parameters: DerElement | undefined): { iv: Uint8Array; tagBytes: number } {
  const [nonce, length] = parameters?.tag === 0x30 ? childrenOf(parameters) : []
  const iv = contentOf(nonce, 0x04)
  if (iv.length === 0 || iv.length > maxNonceBytes)
    throw new EnvelopeProblem('damaged', `nonce of ${iv.length} bytes`)
  const tagBytes = length ? (contentOf(length, 0x02)[0] ?? 0) : 12
  // RFC 5084 3.2: 12 to 16. A shorter one could be guessed by sending often enough.
  if (tagBytes < 12 || tagBytes > 16) throw new EnvelopeProblem('damaged', `tag of ${tagBytes} bytes`)
  return { iv, tagBytes }
}
