import type { OfficeAttachment } from '../message/facts.ts'
import type { InboundPolicy, OfficeAction, OfficeRule } from '../policy/policy.ts'

/** What becomes of a file; `accompany`: it stays where it is and its PDF is attached beside it. */
export type OfficeTreatment = OfficeAction | 'accompany'

type OfficeFile = Pick<OfficeAttachment, 'office' | 'macros' | 'encrypted' | 'bytes'>

/**
 * What one recipient's policy wants for an Office file in a mail of this trust. Without a recorded basis nothing is
 * withheld: the consent or the company rule comes first, then the machine.
 */
export function officeTreatment(policy: InboundPolicy, file: OfficeFile, trust: number): OfficeTreatment {
  const wanted = policy.officeRules.find((rule) => matches(rule, file, trust))?.then ?? policy.office
  if (policy.withholdingBasis !== undefined || wanted === 'pass') return wanted
  return wanted === 'convert' ? 'accompany' : 'pass'
}

/** From the least to the most careful; `refuse` is what only all together can want. */
const careful = ['pass', 'accompany', 'convert', 'hold'] as const

/**
 * One body for all recipients: the most careful treatment that any of them wants, as far as each has a basis for it.
 * Who would refuse the file gets it held when a colleague's policy takes the mail.
 */
export function sharedOfficeTreatment(
  policies: readonly InboundPolicy[],
  file: OfficeFile,
  trust: number,
): Exclude<OfficeTreatment, 'refuse'> {
  const wanted = policies.map((policy) => officeTreatment(policy, file, trust))
  const most = Math.max(...wanted.map((each) => careful.indexOf(each === 'refuse' ? 'hold' : each)), 0)
  const treatment = careful[most] ?? 'pass'
  const mayWithhold = policies.every(({ withholdingBasis }) => withholdingBasis !== undefined)
  if (mayWithhold || treatment === 'pass') return treatment
  return wanted.some((each) => each === 'convert' || each === 'accompany') ? 'accompany' : 'pass'
}

function matches(rule: OfficeRule, file: OfficeFile, trust: number): boolean {
  return (
    (rule.kinds?.includes(file.office) ?? true) &&
    (rule.macros === undefined || rule.macros === file.macros) &&
    (rule.encrypted === undefined || rule.encrypted === file.encrypted) &&
    (rule.largerThan === undefined || file.bytes > rule.largerThan) &&
    (rule.trustBelow === undefined || trust < rule.trustBelow) &&
    (rule.trustFrom === undefined || trust >= rule.trustFrom)
  )
}
