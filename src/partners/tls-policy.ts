import { outboundPolicyFor } from '../policy/find-policy.ts'
import { comparableDomain } from '../policy/pattern.ts'
import type { OutboundPolicy, PolicySet } from '../policy/policy.ts'

/** What Postfix is told about a next hop; `answer` is the right-hand side of smtp_tls_policy_maps. */
export type TlsPolicy = { readonly kind: 'enforce'; readonly answer: string } | { readonly kind: 'not-ours' }

const notOurs: TlsPolicy = { kind: 'not-ours' }

/** Domain -> what was agreed for single addresses in it. Built once for each set. */
const agreementsOf = new WeakMap<PolicySet['outbound'], ReadonlyMap<string, readonly OutboundPolicy[]>>()

function addressAgreements(set: Pick<PolicySet, 'outbound'>): ReadonlyMap<string, readonly OutboundPolicy[]> {
  const known = agreementsOf.get(set.outbound)
  if (known) return known
  const agreements = new Map<string, OutboundPolicy[]>()
  for (const pattern of set.outbound.keys()) {
    const at = pattern.lastIndexOf('@')
    if (at < 0) continue
    const policy = outboundPolicyFor(set, pattern)
    if (!policy.protection.includes('tls')) continue
    const domain = pattern.slice(at + 1)
    const agreed = agreements.get(domain)
    if (agreed) agreed.push(policy)
    else agreements.set(domain, [policy])
  }
  agreementsOf.set(set.outbound, agreements)
  return agreements
}

/**
 * How Postfix must speak to `nextHop`, the key it looks up: a mail domain, perhaps with `:port`. TLS is enforced where
 * any rule that can let a mail to this domain go by `tls` says so, whatever else that rule lists: the milter decides for
 * each mail, Postfix for the domain, and the stricter answer harms no mail that is encrypted already. For the same
 * reason an agreement with one address holds for the transport to its whole domain.
 *
 * A next hop in brackets is a host that the administrator chose instead of the partner's MX: not ours, since no
 * agreement names it (the `check` command warns of relays on the way to TLS partners).
 */
export function tlsPolicyFor(set: Pick<PolicySet, 'outbound'>, nextHop: string): TlsPolicy {
  if (nextHop.startsWith('[')) return notOurs
  const domain = comparableDomain(nextHop.replace(/:[^:]*$/, ''))
  if (domain === '' || domain.startsWith('*') || domain.includes('@')) return notOurs
  const agreed = [outboundPolicyFor(set, domain), ...(addressAgreements(set).get(domain) ?? [])].filter(
    ({ protection }) => protection.includes('tls'),
  )
  if (agreed.length === 0) return notOurs
  // Postfix: `secure` compares the certificate with these names only, never with names from an unsigned MX record.
  const names = new Set(agreed.flatMap(({ tlsNames }) => tlsNames ?? ['nexthop', 'dot-nexthop']))
  return { kind: 'enforce', answer: `secure match=${[...names].join(':')} ciphers=high protocols=>=TLSv1.2` }
}
