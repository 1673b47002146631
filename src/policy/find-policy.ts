import { dangerousTypes } from '../message/facts.ts'
import { shippedWeights } from '../trust/weights.ts'
import { patternsFor } from './pattern.ts'
import type { InboundPolicy, OutboundPolicy, PolicySet } from './policy.ts'

/**
 * The widest layer, below the `default` of the files: what holds where nobody wrote anything. Content is encrypted, mail
 * that cannot be encrypted waits; nothing here lets a mail leave in the clear.
 */
export const builtInOutbound: OutboundPolicy = {
  protection: ['smime', 'openpgp', 'pdf'],
  protect: 'always',
  words: [],
  attachmentTypes: [],
  plain: false,
  otherwise: 'wait',
  sign: 'if-possible',
  signatureForm: 'clear',
  calendar: 'protect',
  cipher: 'auto',
  keyTransport: 'auto',
  keyTrust: 'discovered',
  autocrypt: false,
  headerProtection: false,
  neutralSubject: false,
  office: 'pass',
}

/**
 * The widest layer for our own addresses: a clean first contact is accepted, a forgery is refused. Without a recorded
 * basis nothing is withheld, so Office files get a PDF beside them.
 */
export const builtInInbound: InboundPolicy = {
  acceptFrom: -10,
  refuseBelow: -30,
  office: 'convert',
  officeRules: [],
  flatten: false,
  signedMail: 'convert',
  hold: 12 * 3_600_000,
  release: ['mail'],
  earlyRelease: 'administrator',
  keepReleased: 30 * 86_400_000,
  undecryptable: 'pass',
  forbiddenTypes: [...dangerousTypes],
  scorerDown: 'pass',
  subjectTags: true,
  languages: ['de', 'en'],
  digest: 'off',
}

/** The set of a folder without any rule: what is built in holds. */
export const builtInPolicies: PolicySet = {
  generation: 0,
  outbound: new Map(),
  inbound: new Map(),
  partners: new Map(),
  block: [],
  allow: [],
  ownDomain: [],
  sealers: [],
  trust: shippedWeights,
}

function inherited<Rule extends object>(
  rules: ReadonlyMap<string, Partial<Rule>>,
  builtIn: Rule,
  subject: string,
): Rule {
  // Each setting by itself: an address that names only `sign` keeps the protection of its domain.
  return Object.assign(
    { ...builtIn },
    ...patternsFor(subject)
      .reverse()
      .map((pattern) => rules.get(pattern)),
  )
}

/**
 * How mail to `recipient` outside is protected: address before domain, before the nearest `*.parent` and wider ones,
 * before `default`, before what is built in; each setting by itself. Also takes a domain or a pattern.
 */
export function outboundPolicyFor(set: Pick<PolicySet, 'outbound'>, recipient: string): OutboundPolicy {
  return inherited(set.outbound, builtInOutbound, recipient)
}

/** How mail to our own `recipient` is judged; inherits as `outboundPolicyFor` does. */
export function inboundPolicyFor(set: Pick<PolicySet, 'inbound'>, recipient: string): InboundPolicy {
  return inherited(set.inbound, builtInInbound, recipient)
}

/** The files of authorities that count for an address beside those for everybody: those of the narrowest rule. */
export function partnerAuthoritiesFor(set: Pick<PolicySet, 'partners'>, address: string): readonly string[] {
  const pattern = patternsFor(address).find((each) => set.partners.has(each))
  return (pattern !== undefined && set.partners.get(pattern)?.authorities) || []
}
