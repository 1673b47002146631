import type { InboundPolicy } from '../policy/policy.ts'

/**
 * One message, one body, one verdict: where recipients' policies differ, the kinder threshold holds for all, since
 * nobody's mail is refused for a colleague's sake, and the more careful treatment of files.
 */
export function sharedInboundPolicy(policies: readonly [InboundPolicy, ...InboundPolicy[]]): InboundPolicy {
  return policies.reduce((one, other) => {
    const telephone = one.telephone ?? other.telephone
    return {
      acceptFrom: Math.min(one.acceptFrom, other.acceptFrom),
      refuseBelow: Math.min(one.refuseBelow, other.refuseBelow),
      office: one.office === 'convert' || other.office === 'convert' ? 'convert' : 'pass',
      hold: Math.max(one.hold, other.hold),
      ...(telephone === undefined ? {} : { telephone }),
    }
  })
}
