import type { InboundPolicy } from '../policy/policy.ts'

/**
 * One message, one body, one verdict: where recipients' policies differ, the kinder threshold holds for all, since
 * nobody's mail is refused for a colleague's sake, and the longer hold. Files are withheld only where each recipient's
 * policy records a basis for it; the subject is tagged for all as soon as one wants it. What becomes of each file: officeTreatment, which looks at all policies.
 */
export function sharedInboundPolicy(policies: readonly [InboundPolicy, ...InboundPolicy[]]): InboundPolicy {
  return policies.reduce((one, other) => {
    const { withholdingBasis: _, releaseFolder: __, ...rest } = one
    const telephone = one.telephone ?? other.telephone
    const releaseFolder = one.releaseFolder ?? other.releaseFolder
    const basis = one.withholdingBasis && other.withholdingBasis && one.withholdingBasis
    return {
      ...rest,
      acceptFrom: Math.min(one.acceptFrom, other.acceptFrom),
      refuseBelow: Math.min(one.refuseBelow, other.refuseBelow),
      flatten: one.flatten || other.flatten,
      signedMail: one.signedMail === 'leave' ? 'leave' : other.signedMail,
      hold: Math.max(one.hold, other.hold),
      release: [...new Set([...one.release, ...other.release])],
      earlyRelease: one.earlyRelease === 'four-eyes' ? 'four-eyes' : other.earlyRelease,
      keepReleased: Math.max(one.keepReleased, other.keepReleased),
      subjectTags: one.subjectTags || other.subjectTags,
      ...(basis ? { withholdingBasis: basis } : {}),
      ...(releaseFolder === undefined ? {} : { releaseFolder }),
      ...(telephone === undefined ? {} : { telephone }),
    }
  })
}
