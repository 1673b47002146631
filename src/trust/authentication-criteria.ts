import type { InboundFacts } from '../message/facts.ts'
import type { Context, Found } from './criterion.ts'
import { hasRelation } from './earned-trust.ts'
import { alignedSignature, isForwarded, isUnsettled } from './identity.ts'

/** DMARC pass, or a signature that proves as much. */
export function authenticated({ authentication }: InboundFacts, { weights }: Context): Found {
  const points = weights.authentication.pass
  if (authentication.dmarc.result === 'fail') return undefined
  if (authentication.dmarc.result === 'pass')
    return { points, evidence: 'DMARC pass', words: 'Absenderdomain belegt' }
  const signature = alignedSignature(authentication)
  return (
    signature && {
      points,
      evidence: `aligned DKIM pass: ${signature.domain}`,
      words: 'Absenderdomain belegt',
    }
  )
}

/** Rare among large senders, still normal among small firms: a malus, no refusal. */
export function noAuthentication(facts: InboundFacts, { weights, exception }: Context): Found {
  const { spf, dkim } = facts.authentication
  const says = (result: string) => result !== 'none' && result !== 'neutral' && result !== 'permerror'
  const isSigned = dkim.some(({ result, bodyLengthLimited }) => result === 'pass' && !bodyLengthLimited)
  if (says(spf.result) || isSigned || isUnsettled(facts.authentication)) return undefined
  if (exception || isVouchedFor(facts)) return undefined
  return {
    points: weights.authentication.nothing,
    evidence: 'neither SPF nor DKIM',
    words: 'Absender nicht belegbar (weder SPF noch DKIM)',
  }
}

/** Forwarding breaks SPF: a signature that holds, or the word of a forwarder whom we believe, is the better proof. */
export function spf(facts: InboundFacts, { message, weights, exception, trustsSealers }: Context): Found {
  const { spf, dkim } = facts.authentication
  if (spf.result !== 'fail' && spf.result !== 'softfail') return undefined
  const mayBeSigned =
    alignedSignature(facts.authentication) !== undefined ||
    dkim.some(({ result, aligned }) => aligned && result === 'temperror')
  if (mayBeSigned || exception || isForwarded(facts.authentication, trustsSealers) || isVouchedFor(facts))
    return undefined
  const identity = message.sender === '' ? 'HELO' : 'sender'
  return {
    points: spf.result === 'fail' ? weights.authentication.spfFail : weights.authentication.spfSoftfail,
    evidence: `SPF ${spf.result}: ${message.clientAddress} may not send for ${identity} ${spf.domain}`,
    words: `Server laut SPF nicht für ${spf.domain} zugelassen`,
  }
}

/**
 * RFC 9989 7.4: a published policy alone is no reason to refuse, so it weighs instead of deciding. A domain that only tries
 * its policy out (`t=y`) has the milder one here already.
 */
export function dmarc(facts: InboundFacts, { weights, exception, trustsSealers }: Context): Found {
  const { result, policy = 'none' } = facts.authentication.dmarc
  if (result !== 'fail' || exception || isForwarded(facts.authentication, trustsSealers)) return undefined
  const { dmarcNone, dmarcQuarantine, dmarcReject } = weights.authentication
  return {
    points: { none: dmarcNone, quarantine: dmarcQuarantine, reject: dmarcReject }[policy],
    evidence: `DMARC fail, p=${policy}`,
    words: 'Absenderdomain nicht bestätigt (DMARC)',
  }
}

/**
 * Mail of this domain comes proven, and this one is not: the mark of a forged partner. What is remembered of the domain
 * was learned from mail with a relation only; what it publishes counts where we write to the author.
 */
export function downgrade(facts: InboundFacts, context: Context): Found {
  const { weights, identity, exception, trustsSealers, relation } = context
  const { authentication, history } = facts
  const { author, spf, dkim } = authentication
  if (!author || isUnsettled(authentication) || exception || isForwarded(facts.authentication, trustsSealers))
    return undefined
  const { downgradeSigned, downgradeKnown } = weights.authentication
  const ownDomain = (domain: string | undefined) => domain === author.domain
  const isPartner = hasRelation(relation, author.domain, weights)
  const words = `Mails von ${author.domain} kamen bisher nachweislich von dort, diese nicht`
  const published =
    isPartner &&
    identity.factor === 0 &&
    (authentication.dmarc.policy !== undefined ||
      dkim.some(({ aligned, domain }) => aligned || ownDomain(domain)))
  // Servers of its own prove a domain well enough; on shared ones anybody can be it who does not sign.
  const unsigned = history.seen.signed && identity.factor < weights.identity.spf
  if (unsigned || published) {
    const evidence = unsigned
      ? `mail of ${author.domain} has been signed so far, this one is not`
      : `${author.domain} publishes DMARC or signs, this mail is not authenticated`
    return { points: downgradeSigned, evidence, words }
  }
  if (identity.factor > 0) return undefined
  const saysWho = spf.result === 'fail' || spf.result === 'softfail'
  const hasServers =
    isPartner && (authentication.authorPublishesSpf || ((ownDomain(spf.domain) || spf.aligned) && saysWho))
  if (!history.seen.spf && !history.seen.origin && !hasServers) return undefined
  const evidence = hasServers
    ? `${author.domain} publishes SPF, this mail does not come from its servers`
    : `mail of ${author.domain} has come from known servers so far, this one does not`
  return { points: downgradeKnown, evidence, words }
}

/** A real mail server tries again; what failed authentication gains nothing by it. */
export function cameBack(_facts: InboundFacts, { cameBack, before, weights }: Context): Found {
  const authentication = before
    .filter(({ name }) => ['AUTHENTICATED', 'NO_AUTHENTICATION', 'SPF', 'DMARC', 'DOWNGRADE'].includes(name))
    .reduce((sum, { points }) => sum + points, 0)
  if (!cameBack || authentication <= weights.retry.notBelow) return undefined
  const points = weights.retry.cameBack
  return cameBack === 'spared'
    ? { points, evidence: 'proves himself well enough not to be asked to come again', words: '' }
    : {
        points,
        evidence: 'came back after the time that was asked for',
        words: 'wie erbeten erneut gesendet',
      }
}

/** The author's own S/MIME signature: what servers between us did matters little. */
function isVouchedFor({ protection }: InboundFacts): boolean {
  return (
    protection.signature === 'valid' &&
    protection.layers.some((layer) => layer.kind === 'signed' && layer.format === 'smime')
  )
}
