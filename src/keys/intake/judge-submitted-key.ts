import { MailFailure } from '../../failure.ts'
import type { Intake } from '../../storage/intakes.ts'
import { type OpenPgpKeyProblem, readOpenPgpKey } from '../openpgp/openpgp-key.ts'
import type { CheckRevocation } from '../revocation/revocation.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import { findPath } from '../x509/find-path.ts'
import type { PartnerAnchors } from '../x509/partner-anchors.ts'
import { type UnusableReason, usableFor } from '../x509/usable-for.ts'

/** Why nobody can write to somebody with a key. */
export type SubmissionProblem = UnusableReason | OpenPgpKeyProblem | 'unreadable'

export type SubmissionVerdict =
  /** It names its sender, and mail can be encrypted with it today; whose it is remains to be proved. */
  | { readonly kind: 'sound' }
  /** The same, but for another address than its sender's. */
  | { readonly kind: 'other-address' }
  | { readonly kind: 'unusable'; readonly problem: SubmissionProblem }

export interface JudgingParts {
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors: PartnerAnchors
  readonly checkRevocation: CheckRevocation
  readonly at: Date
  readonly signal: AbortSignal
}

/**
 * Judges a key that was sent in. No chain is asked for: the encrypted round trip will say whose it is. But an authority that has
 * revoked it is heard.
 */
export async function judgeSubmittedKey(
  key: Pick<Intake, 'kind' | 'material' | 'chain' | 'addresses' | 'author'>,
  parts: JudgingParts,
): Promise<SubmissionVerdict> {
  const problem = await problemOf(key, parts)
  if (problem) return { kind: 'unusable', problem }
  return { kind: key.addresses.includes(key.author) ? 'sound' : 'other-address' }
}

async function problemOf(
  { kind, material, chain, author }: Pick<Intake, 'kind' | 'material' | 'chain' | 'author'>,
  { partnerAnchors, checkRevocation, at, signal, ...parts }: JudgingParts,
): Promise<SubmissionProblem | undefined> {
  try {
    if (kind === 'openpgp') return await (await readOpenPgpKey(material, at)).problemFor('encrypt', at)
    const certificate = readCertificate(material)
    const intermediates = chain.map((pem) => readCertificate(pem))
    const anchors = [...parts.anchors, ...(await partnerAnchors(author))]
    const question = { address: undefined, purpose: 'encrypt', at, anchors, intermediates } as const
    const judged = usableFor(certificate, { ...question, vouched: true })
    if (judged.kind === 'unusable') return judged.reason
    const found = findPath(certificate, { anchors, intermediates, at })
    if (found.kind === 'none') return undefined
    const { kind: status } = await checkRevocation(found.path, at, signal)
    return status === 'revoked' ? 'revoked' : undefined
  } catch (error) {
    if (error instanceof MailFailure) throw error
    return 'unreadable'
  }
}
