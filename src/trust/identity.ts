import type { AuthenticationFacts, HistoryFacts, InboundFacts } from '../message/facts.ts'
import type { Weights } from './weights.ts'

/** How far an author is proven, from 0 to 1, and by what. */
export interface Identity {
  readonly factor: number
  /** For the explanation; undefined where nothing proves him. */
  readonly proof: string | undefined
}

/**
 * The factor of everything that is earned by an author: 1 for an aligned DKIM signature of the whole message or a valid
 * S/MIME signature of his, less for SPF by servers of his own, much less for SPF by servers that he shares with
 * strangers, and something for a network from which proven answers came. Nothing whenever DMARC fails.
 */
export function identityOf(
  facts: Pick<InboundFacts, 'authentication' | 'protection'> & {
    readonly history: Pick<HistoryFacts, 'seen' | 'learnedOrigin' | 'healing'>
  },
  { identity }: Pick<Weights, 'identity'>,
): Identity {
  const { authentication, history } = facts
  const { author, dmarc, spf } = authentication
  if (!author || dmarc.result === 'fail') return nobody
  const proven = provenIdentity(facts, { identity })
  if (proven.factor > 0) return proven
  // A domain that says by SPF that this is not its server is believed before our own memory.
  const disowned = spf.aligned && spf.result === 'fail'
  if (disowned) return nobody
  if (history.healing) return { factor: identity.learnedOrigin, proof: 'open heal window' }
  if (history.learnedOrigin && dmarc.policy === undefined && !history.seen.signed) {
    return { factor: identity.learnedOrigin, proof: 'learned origin' }
  }
  return nobody
}

const nobody: Identity = { factor: 0, proof: undefined }

/** What the message itself proves, by signatures and SPF, without anything we remember. */
export function provenIdentity(
  { authentication, protection }: Pick<InboundFacts, 'authentication' | 'protection'>,
  { identity }: Pick<Weights, 'identity'>,
): Identity {
  const { author, dmarc, spf } = authentication
  if (!author || dmarc.result === 'fail') return nobody
  const signature = alignedSignature(authentication)
  if (signature) return { factor: 1, proof: `DKIM ${signature.domain}` }
  const isSigned =
    protection.signature === 'valid' &&
    protection.layers.some((layer) => layer.kind === 'signed' && layer.format === 'smime')
  if (isSigned) return { factor: 1, proof: `S/MIME ${author.address}` }
  if (spf.result !== 'pass' || !spf.aligned || spf.reach === 'open') return nobody
  return spf.reach === 'own'
    ? { factor: identity.spf, proof: `SPF ${spf.domain}` }
    : { factor: identity.sharedSpf, proof: `SPF ${spf.domain}, shared servers` }
}

/** A verified DKIM signature of the author's domain that covers the whole body and what readers see of the header. */
export function alignedSignature({
  dkim,
}: AuthenticationFacts): AuthenticationFacts['dkim'][number] | undefined {
  return dkim.find(
    ({ result, aligned, bodyLengthLimited, headerIncomplete }) =>
      result === 'pass' && aligned && !bodyLengthLimited && !headerIncomplete,
  )
}

/** Whether something that was asked about the author's identity has no answer for now. */
export function isUnsettled({ spf, dkim, dmarc }: AuthenticationFacts): boolean {
  return [spf, dmarc, ...dkim].some(({ result }) => result === 'temperror')
}

/** A forwarder whose word we believe says that the author was authenticated when the mail came to him. */
export function isForwarded({ forwarded }: AuthenticationFacts, trustsSealers: boolean): boolean {
  return trustsSealers && forwarded?.authorPassed === true
}
