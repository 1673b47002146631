import { type Certificate, canonicalAddress } from './certificate.ts'
import { findPath, isForMail } from './find-path.ts'
import { isSupportedKey, keyWeakness } from './key-strength.ts'

export type Purpose = 'sign' | 'encrypt'

/** What a certificate is wanted for, and what it may rest on. */
export interface UsabilityQuestion {
  /** undefined: it is to serve a whole domain, by an administrator's word, whatever addresses it names. */
  readonly address: string | undefined
  readonly purpose: Purpose
  readonly at: Date
  readonly anchors: readonly Certificate[]
  readonly intermediates: readonly Certificate[]
  /** Somebody proved or answers for whose it is: no chain is asked for. Everything else still is, above all its time. */
  readonly vouched: boolean
}

export type UnusableReason =
  | 'wrong-address'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-usage'
  | 'unsupported-key'
  | 'weak-key'
  | 'unknown-extension'
  | 'self-signed'
  | 'untrusted'

export type Usability =
  /** Authorities from the leaf's issuer to the anchor; empty for a certificate that is vouched for. */
  | { readonly kind: 'usable'; readonly authorities: readonly Certificate[] }
  /** `detail` is for the decision record and the administrator, in English. */
  | { readonly kind: 'unusable'; readonly reason: UnusableReason; readonly detail: string }

/** Judges whether a certificate may serve an address and a purpose on a day (RFC 8550 3 and 4). */
export function usableFor(certificate: Certificate, question: UsabilityQuestion): Usability {
  const { at, purpose, vouched } = question
  const { publicKey, notBefore, notAfter, addresses } = certificate
  if (question.address !== undefined && !isFor(certificate, question.address)) {
    return unusable('wrong-address', `it is for ${addresses.join(', ') || 'no address'}`)
  }
  if (at > notAfter) return unusable('expired', `its time ended ${notAfter.toISOString()}`)
  if (at < notBefore) return unusable('not-yet-valid', `its time begins ${notBefore.toISOString()}`)
  if (!allows(certificate, purpose)) return unusable('wrong-usage', `it is not made to ${purpose} mail`)
  if (!isSupportedKey(publicKey)) {
    return unusable(
      'unsupported-key',
      `keys of kind ${publicKey.asymmetricKeyType} are not supported in mail`,
    )
  }
  const weakness = keyWeakness(publicKey)
  if (weakness) return unusable('weak-key', weakness)
  // RFC 5280 4.2: whoever does not understand a critical extension must not use the certificate, whoever answers for it.
  const [unknown] = certificate.unknownCritical
  if (unknown !== undefined)
    return unusable('unknown-extension', `critical extension ${unknown} is not known here`)
  if (vouched) return { kind: 'usable', authorities: [] }
  if (certificate.selfIssued) return unusable('self-signed', 'nobody but itself vouches for it')
  const result = findPath(certificate, question)
  return result.kind === 'path'
    ? { kind: 'usable', authorities: result.path.slice(1) }
    : unusable('untrusted', result.detail)
}

function isFor({ addresses }: Certificate, address: string): boolean {
  const wanted = canonicalAddress(address)
  return wanted !== undefined && addresses.includes(wanted)
}

/**
 * Whether the kind of key can, and keyUsage and extendedKeyUsage, where present, allow it (RFC 8550 4.4.2, 4.4.4; RFC 5753
 * and RFC 8418 for ECDH, RFC 8419 for Ed25519, RFC 4055 1.2 for RSA-PSS).
 */
export function allows(certificate: Certificate, purpose: Purpose): boolean {
  const { keyUsage, publicKey } = certificate
  const { asymmetricKeyType } = publicKey
  if (!isForMail(certificate)) return false
  switch (purpose) {
    case 'sign':
      if (asymmetricKeyType === 'x25519') return false
      return !keyUsage || keyUsage.has('digitalSignature') || keyUsage.has('nonRepudiation')
    case 'encrypt':
      if (asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'rsa-pss') return false
      if (!keyUsage) return true
      return asymmetricKeyType === 'rsa'
        ? keyUsage.has('keyEncipherment')
        : keyUsage.has('keyAgreement') && !keyUsage.has('decipherOnly')
  }
}

function unusable(reason: UnusableReason, detail: string): Usability {
  return { kind: 'unusable', reason, detail }
}
