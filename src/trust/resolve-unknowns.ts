import type { InboundFacts } from '../message/facts.ts'
import { isUnsettled } from './identity.ts'

/** The facts if every check without an answer had spoken for the sender. */
export function resolvedForTheBest(facts: InboundFacts): InboundFacts {
  const { authentication } = facts
  if (!isUnsettled(authentication)) return facts
  const { spf, dkim, dmarc } = authentication
  return {
    ...facts,
    authentication: {
      ...authentication,
      // Without the record we do not know what is aligned, nor whose servers these are: all could be his own.
      spf: spf.result === 'temperror' ? { ...spf, result: 'pass', aligned: true, reach: 'own' } : spf,
      dkim: dkim.map((signature) =>
        signature.result === 'temperror' ? { ...signature, result: 'pass' } : signature,
      ),
      dmarc: dmarc.result === 'temperror' ? { ...dmarc, result: 'pass' } : dmarc,
    },
  }
}

/** The facts if every check without an answer had spoken against the sender. */
export function resolvedForTheWorst(facts: InboundFacts): InboundFacts {
  const { authentication } = facts
  if (!isUnsettled(authentication)) return facts
  const { author, spf, dkim, dmarc } = authentication
  // What a domain says against its own name counts more than what a stranger's does.
  const aligned = author !== undefined && spf.domain === author.domain
  return {
    ...facts,
    authentication: {
      ...authentication,
      spf: spf.result === 'temperror' ? { ...spf, result: 'fail', aligned } : spf,
      dkim: dkim.map((signature) =>
        signature.result === 'temperror' ? { ...signature, result: 'fail' } : signature,
      ),
      dmarc: dmarc.result === 'temperror' ? { result: 'fail', policy: dmarc.policy ?? 'reject' } : dmarc,
    },
  }
}

/**
 * The facts if every check without an answer proved nothing, for mail that has waited long enough: who can keep a check
 * from coming to an answer must not be better off than who fails it.
 */
export function resolvedForNothing(facts: InboundFacts): InboundFacts {
  const { authentication } = facts
  if (!isUnsettled(authentication)) return facts
  const { spf, dkim, dmarc } = authentication
  return {
    ...facts,
    authentication: {
      ...authentication,
      // Not `none`: that would say that the domain publishes nothing.
      spf: spf.result === 'temperror' ? { ...spf, result: 'neutral' } : spf,
      dkim: dkim.map((signature) =>
        signature.result === 'temperror' ? { ...signature, result: 'neutral' } : signature,
      ),
      dmarc: dmarc.result === 'temperror' ? { ...dmarc, result: dmarc.policy ? 'fail' : 'none' } : dmarc,
    },
  }
}
