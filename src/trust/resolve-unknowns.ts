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
  const { spf, dkim, dmarc } = authentication
  return {
    ...facts,
    authentication: {
      ...authentication,
      spf: spf.result === 'temperror' ? { ...spf, result: 'fail', aligned: false } : spf,
      dkim: dkim.map((signature) =>
        signature.result === 'temperror' ? { ...signature, result: 'fail' } : signature,
      ),
      dmarc: dmarc.result === 'temperror' ? { result: 'fail', policy: 'reject' } : dmarc,
    },
  }
}
