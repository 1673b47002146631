import type { AuthenticationFacts, InboundFacts } from '../message/facts.ts'

/**
 * How far the author's address is proven, from 0 to 1: the factor of everything that is earned by the address. 1.0 for
 * an aligned DKIM signature of the whole body, 0.8 for aligned SPF (others send from the same servers), 0 otherwise and
 * whenever DMARC fails.
 */
export function identityFactor(facts: InboundFacts): number {
  const { author, dmarc, spf } = facts.authentication
  if (!author || dmarc.result === 'fail') return 0
  if (hasAlignedSignature(facts.authentication)) return 1
  return spf.result === 'pass' && spf.aligned ? 0.8 : 0
}

/** A verified DKIM signature of the author's domain that covers the whole body. */
export function hasAlignedSignature({ dkim }: AuthenticationFacts): boolean {
  return dkim.some(
    ({ result, aligned, bodyLengthLimited }) => result === 'pass' && aligned && !bodyLengthLimited,
  )
}

/** Whether something that was asked about the author's identity has no answer for now. */
export function isUnsettled({ spf, dkim, dmarc }: AuthenticationFacts): boolean {
  return [spf, dmarc, ...dkim].some(({ result }) => result === 'temperror')
}
