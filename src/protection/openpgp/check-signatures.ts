import type { DecryptMessageResult, Key } from 'openpgp'
import { KeyImportError } from '../../keys/import/key-import-error.ts'
import { describeOpenPgpKey, libraryKey, type OpenPgpKey } from '../../keys/openpgp/openpgp-key.ts'
import type { OpenPgpLibrary } from '../../keys/openpgp/openpgp-library.ts'
import { canonicalAddress } from '../../keys/x509/certificate.ts'

export type SignatureProblem =
  /** None of the keys we know made it. */
  | 'unknown-key'
  /** It does not fit the content: changed, or signed elsewhere. */
  | 'altered'
  | 'key-expired'
  | 'key-revoked'
  | 'key-weak'
  /** The key may not sign, or was made after the signature. */
  | 'key-unusable'
  /** MD5, SHA-1 or RIPEMD-160. */
  | 'weak-hash'
  | 'signature-expired'
  /** Text that is not signed stands around what is. */
  | 'other-text'
  | 'in-the-future'

/** One signature, held against the content and the keys we know. */
export interface CheckedSignature {
  readonly keyId: string
  /** undefined: good, and made while the key was valid. Whether the key belongs to the author is another question. */
  readonly problem: SignatureProblem | undefined
  /** The key that `keyId` is of, if we know it. */
  readonly signer: { readonly fingerprint: string; readonly addresses: readonly string[] } | undefined
  /** As the signer says. */
  readonly signedAt: Date | undefined
}

/** A key that may have signed, as the library's and as ours. */
export interface VerificationKey {
  readonly key: Key
  readonly described: OpenPgpKey
}

/** More than any mail carries. Each is a hash over the whole content and a verification. */
export const mostSignatures = 8

/** Clocks of senders go wrong; what is dated later than this is not believed. */
const clockSkewMs = 10 * 60 * 1000

/** The time to hold signatures against. */
export function withSkew(at: Date): Date {
  return new Date(at.getTime() + clockSkewMs)
}

/** The keys of `armored` that can be read; what cannot signs nothing. */
export async function verificationKeysOf(
  armored: readonly string[],
  library: OpenPgpLibrary,
  at: Date,
): Promise<readonly VerificationKey[]> {
  const keys: VerificationKey[] = []
  for (const text of armored) {
    try {
      const key = (await libraryKey(text, library)).toPublic()
      keys.push({ key, described: await describeOpenPgpKey(key, library, at) })
    } catch (error) {
      if (!(error instanceof KeyImportError)) throw error
    }
  }
  return keys
}

/** What became of each signature. To be asked when the content has been read to its end. */
export async function checkSignatures(
  results: DecryptMessageResult['signatures'],
  keys: readonly VerificationKey[],
): Promise<readonly CheckedSignature[]> {
  const checked: CheckedSignature[] = []
  for (const { keyID, verified, signature } of results) {
    const keyId = keyID.toHex()
    const known = keys.find(({ described }) => described.keyIds.includes(keyId))?.described
    const packet = (await signature.catch(() => undefined))?.packets[0]
    const signedAt = packet?.created ?? undefined
    const error = await verified.then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? reason : new Error('unknown')),
    )
    checked.push({
      keyId,
      problem: error && (known ? await problemOf(error, known, signedAt) : 'unknown-key'),
      signer: known && { fingerprint: known.fingerprint, addresses: known.addresses },
      signedAt,
    })
  }
  return checked
}

async function problemOf(
  error: Error,
  key: OpenPgpKey,
  signedAt: Date | undefined,
): Promise<SignatureProblem> {
  const { message } = error
  if (/is considered insecure|Insecure (?:message )?hash/i.test(message)) return 'weak-hash'
  if (/Signature is expired/.test(message)) return 'signature-expired'
  if (/Signature creation time is in the future/.test(message)) return 'in-the-future'
  if (/Key is newer than the signature/.test(message)) return 'key-unusable'
  switch (signedAt && (await key.problemFor('sign', signedAt))) {
    case 'revoked':
      return 'key-revoked'
    case 'expired':
      return 'key-expired'
    case 'weak':
      return 'key-weak'
    case undefined:
      return 'altered'
    default:
      return 'key-unusable'
  }
}

/** What the signatures of a content are worth in a mail by `author`; undefined: there is none. */
export interface SignatureVerdict {
  readonly verdict: 'valid' | 'invalid'
  /** `valid`, a problem, or `wrong-address`: a good signature by somebody who is not the author. */
  readonly reason: 'valid' | 'wrong-address' | SignatureProblem
  readonly signer: { readonly fingerprint: string; readonly addresses: readonly string[] } | undefined
  readonly signedAt: Date | undefined
}

/**
 * A signature counts only if its key belongs to the author by exact address: anybody can sign with some key of his own.
 * `author` is the one address of the From field; undefined if there is none that all readers agree on.
 */
export function judgeSignatures(
  signatures: readonly CheckedSignature[],
  author: string | undefined,
): SignatureVerdict | undefined {
  const address = author === undefined ? undefined : canonicalAddress(author)
  const good = signatures.filter(({ problem }) => problem === undefined)
  const byAuthor = good.find(({ signer }) => address !== undefined && signer?.addresses.includes(address))
  if (byAuthor) {
    const { signer, signedAt } = byAuthor
    return { verdict: 'valid', reason: 'valid', signer, signedAt }
  }
  const told = good[0] ?? signatures.find(({ problem }) => problem !== 'unknown-key') ?? signatures[0]
  if (!told) return undefined
  const { problem, signer, signedAt } = told
  return { verdict: 'invalid', reason: problem ?? 'wrong-address', signer, signedAt }
}
