import type { CheckRevocation } from '../revocation/revocation.ts'
import type { Certificate } from './certificate.ts'
import { findPath } from './find-path.ts'
import { type UnusableReason, usableFor } from './usable-for.ts'

/** Of a verified signature, what the judgement goes by; `VerifiedSignature` of protection/smime is one. */
export interface SignatureToJudge {
  readonly certificates: readonly Certificate[]
  readonly signers: readonly SignerToJudge[]
  /** Why nothing could be read from it. */
  readonly problem?: string
}

export interface SignerToJudge {
  readonly certificate: Certificate | undefined
  readonly isIntact: boolean
  readonly problem?: string
  readonly signedAt: Date | undefined
}

/** Whose signature it would have to be, and what it may rest on. */
export interface SignerQuestion {
  /** The one author of the mail; undefined if it names none or several: then nobody's signature matches. */
  readonly from: string | undefined
  readonly anchors: readonly Certificate[]
  /** Authorities that count for mail of this partner only. */
  readonly partnerAnchors: readonly Certificate[]
  /** Fingerprints of certificates that an administrator answers for. They need no chain. */
  readonly vouched: ReadonlySet<string>
  /** When the mail arrived. */
  readonly at: Date
  readonly checkRevocation: CheckRevocation
}

export type SignerObjection =
  | UnusableReason
  /** The content or the signature was changed, or it is none. */
  | 'broken-signature'
  | 'weak-digest'
  | 'unsupported-algorithm'
  | 'no-certificate'
  | 'revoked'
  | 'revocation-unknown'

export type SignerVerdict =
  | {
      readonly kind: 'valid'
      readonly certificate: Certificate
      /** Leaf first, anchor last; the leaf alone where nobody but an administrator answers for it. */
      readonly path: readonly Certificate[]
      /** As the signer claims. */
      readonly signedAt: Date | undefined
      readonly detail: string
    }
  | {
      readonly kind: 'invalid'
      readonly reason: SignerObjection
      /** One line of English for the decision record. */
      readonly detail: string
      /** Named by the signature, which does not mean that he made it. */
      readonly certificate: Certificate | undefined
      readonly signedAt: Date | undefined
    }
  /** Certificates came along, but no signature. */
  | { readonly kind: 'none' }

/**
 * A signing time is only a claim. Whoever finds a key after its time could go back with it as far as he likes, so a
 * certificate that has ended until the mail arrives must have signed it lately: a mail is in queues for days, not months.
 */
const longestWayMs = 30 * 24 * 3_600_000

/**
 * Whether a signature is the author's: intact, made by a certificate for exactly his address that was good when it signed,
 * with a path to an anchor, not revoked (RFC 8550 2.3, 3, 4). Of several signers one is enough; if none is good, the
 * verdict is about the first.
 */
export async function judgeSigner(
  signature: SignatureToJudge,
  question: SignerQuestion,
  signal: AbortSignal,
): Promise<SignerVerdict> {
  if (signature.problem !== undefined) {
    return {
      ...invalid('broken-signature', `the signature cannot be used: ${signature.problem}`),
      certificate: undefined,
      signedAt: undefined,
    }
  }
  let first: SignerVerdict | undefined
  for (const signer of signature.signers) {
    const verdict = await judgeOne(signer, signature.certificates, question, signal)
    if (verdict.kind === 'valid') return verdict
    first ??= verdict
  }
  return first ?? { kind: 'none' }
}

async function judgeOne(
  signer: SignerToJudge,
  intermediates: readonly Certificate[],
  question: SignerQuestion,
  signal: AbortSignal,
): Promise<SignerVerdict> {
  const { certificate, signedAt } = signer
  const refuse = (objection: Objection): SignerVerdict => ({ ...objection, certificate, signedAt })
  if (!certificate)
    return refuse(invalid('no-certificate', 'the certificate of the signer did not come along'))
  if (!signer.isIntact) return refuse(objectionOf(signer.problem))
  const path = pathOf(certificate, signedAt, intermediates, question)
  if ('reason' in path) return refuse(path)
  const status = await question.checkRevocation(path.certificates, question.at, signal)
  if (status.kind === 'revoked') return refuse(invalid('revoked', status.detail))
  if (status.isBlocking) return refuse(invalid('revocation-unknown', status.detail))
  return { kind: 'valid', certificate, path: path.certificates, signedAt, detail: status.detail }
}

interface Objection {
  readonly kind: 'invalid'
  readonly reason: SignerObjection
  readonly detail: string
}

function pathOf(
  certificate: Certificate,
  signedAt: Date | undefined,
  intermediates: readonly Certificate[],
  { from, anchors, partnerAnchors, vouched, at }: SignerQuestion,
): { readonly certificates: readonly Certificate[] } | Objection {
  if (from === undefined) return invalid('wrong-address', 'the mail has no single author')
  // Nobody signs after the mail has arrived.
  const signingTime = signedAt && signedAt < at ? signedAt : at
  if (at > certificate.notAfter && at.getTime() - signingTime.getTime() > longestWayMs) {
    return invalid(
      'expired',
      `its time ended ${certificate.notAfter.toISOString()}, long before the mail arrived`,
    )
  }
  const material = { anchors: [...anchors, ...partnerAnchors], intermediates, at: signingTime }
  const isVouched = vouched.has(certificate.fingerprint)
  const usability = usableFor(certificate, {
    ...material,
    address: from,
    purpose: 'sign',
    vouched: isVouched,
  })
  if (usability.kind === 'unusable') return invalid(usability.reason, usability.detail)
  if (!isVouched) return { certificates: [certificate, ...usability.authorities] }
  // It may have an authority all the same, and that may have revoked it.
  const found = findPath(certificate, material)
  return { certificates: found.kind === 'path' ? found.path : [certificate] }
}

function objectionOf(problem: string | undefined): Objection {
  switch (problem) {
    case 'weak-digest':
      return invalid('weak-digest', 'it rests on MD5, SHA-1 or the like')
    case 'unsupported-algorithm':
      return invalid('unsupported-algorithm', 'its algorithm is not supported')
    default:
      return invalid('broken-signature', `the signature does not verify: ${problem ?? 'no reason given'}`)
  }
}

function invalid(reason: SignerObjection, detail: string): Objection {
  return { kind: 'invalid', reason, detail }
}
