import { replyTo, type SmtpReply, TemporaryFailure } from '../failure.ts'
import type { OutboundPolicy } from '../policy/policy.ts'
import { type OutboundRefusalCase, outboundRefusal } from './outbound-refusal.ts'
import type { OutboundOutcome, Protection } from './outcome.ts'
import type { SubjectFlags } from './subject-flags.ts'

/** What the author's own program made of a message, by its structure, not by what it says of itself. */
export type AuthorProtection =
  | { readonly kind: 'none' }
  | { readonly kind: 'signed' }
  | { readonly kind: 'encrypted'; readonly format: 'smime' | 'openpgp' }

/** What is in a message of ours, as far as a policy asks. */
export interface OutboundContent {
  readonly author: AuthorProtection
  /** An invitation or an answer to one (RFC 6047), which mail programs act on. */
  readonly isCalendar: boolean
  /** Names of the detectors that found something; empty where the policy does not ask for them. */
  readonly detected: readonly string[]
}

/** What stands between a message of ours and one recipient. */
export interface OutboundQuestion {
  readonly recipient: string
  /** The recipient is one of us: such mail does not leave the house, and flags need nothing of it. */
  readonly isOwn: boolean
  readonly policy: OutboundPolicy
  /** Whether there is a usable certificate or key of the recipient, and a PDF password. */
  readonly usable: { readonly smime: boolean; readonly openpgp: boolean; readonly pdf: boolean }
  /** Nobody knows yet whether there is one: a key server is down. */
  readonly mayAppear?: boolean
  /** The recipient has a certificate, and nobody could say whether it was revoked. */
  readonly awaitsRevocation?: boolean
  /**
   * Whether the author has a certificate, and an OpenPGP key, to sign with. `awaitsRevocation`: he has a certificate, and
   * nobody could say whether it was revoked.
   */
  readonly signers: {
    readonly smime: boolean
    readonly openpgp: boolean
    readonly awaitsRevocation?: boolean
  }
  readonly asked: SubjectFlags
  readonly content: OutboundContent
}

/**
 * The protection for one recipient: the first of the policy's list that can be used. TLS can be used for every domain,
 * because the policy map makes Postfix refuse anything less, but not for `ann@[192.0.2.1]`: that next hop is a host in
 * brackets, for which there is no agreement and no name in a certificate. `none` only stands where a policy gives it.
 */
export function decideOutbound(question: OutboundQuestion): OutboundOutcome {
  const { recipient, policy, usable, signers, asked, content } = question
  const { flags } = asked
  const isSigned = content.author.kind === 'signed'
  const demand = demandOf(question)
  const because = [
    ...Array.from(flags, (flag) => `flag ${flag}`),
    ...content.detected.map((name) => `detected ${name}`),
    ...('because' in demand ? demand.because : []),
    ...(content.author.kind === 'none' ? [] : [`${content.author.kind} by its author`]),
  ]
  if ('refused' in demand) return { ...refused(...demand.refused), because }
  const treatment = {
    office: policy.office,
    signatureForm: policy.signatureForm,
    cipher: policy.cipher,
    keyTransport: policy.keyTransport,
    autocrypt: policy.autocrypt,
    headerProtection: policy.headerProtection,
    neutralSubject: policy.neutralSubject || flags.has('confidential'),
  }
  if (content.author.kind === 'encrypted') {
    const { format } = content.author
    return {
      kind: 'deliver',
      treatment: { ...treatment, protection: format, sign: false, byAuthor: true },
      because,
    }
  }
  const wantsSignature = policy.sign === 'always' || flags.has('sign')
  // The author's own signature does for all but the PDF, whose carrier is ours.
  const isOurs = (way: Protection) => demand.sign && (way === 'pdf' || !isSigned)
  const mustSign = (way: Protection) => isOurs(way) && wantsSignature
  const mayStillSign = signers.awaitsRevocation === true
  const canSign = (way: Protection) => (way === 'openpgp' ? signers.openpgp : signers.smime || mayStillSign)
  const canBeUsed: Record<Protection, boolean> = {
    ...usable,
    tls: !recipient.endsWith(']'),
    none: true,
  }
  const candidates = demand.ways.filter((way) => canSign(way) || !mustSign(way))
  if (candidates.length === 0) return { ...refused('no certificate to sign with', 'signer', ''), because }
  const protection = candidates.find((way) => canBeUsed[way])
  if (protection) {
    const sign = demand.sign && canSign(protection) && (policy.sign !== 'never' || flags.has('sign'))
    // Unsigned because a responder is down would be weaker than what the policy gives on any other day.
    if (sign && isOurs(protection) && protection !== 'openpgp' && !signers.smime)
      return { ...waitForKey('an answer about the certificate of the author'), because }
    return { kind: 'deliver', treatment: { ...treatment, protection, sign, byAuthor: false }, because }
  }
  // Nobody knows yet that there is no way: neither an invitation nor a bounce would be right.
  if (question.awaitsRevocation && candidates.includes('smime'))
    return { ...waitForKey('an answer about the certificate of the recipient'), because }
  switch (policy.otherwise) {
    case 'wait':
      return candidates.includes('pdf')
        ? { kind: 'wait', for: 'password', reply: waitingFor('the recipient to choose a password'), because }
        : { ...waitForKey('a certificate or key of the recipient'), because }
    case 'reject':
      // A bounce would say that there is no key. Postfix gives up by itself when the answer never comes.
      if (question.mayAppear && candidates.some((way) => way === 'smime' || way === 'openpgp'))
        return { ...waitForKey('an answer about keys of the recipient'), because }
      return { ...refused('no usable protection', 'protection', recipient), because }
  }
}

type Demand =
  | {
      /** In order; never empty. */
      readonly ways: readonly Protection[]
      /** Whether it is signed at all. */
      readonly sign: boolean
      readonly because: readonly string[]
    }
  | { readonly refused: Refused }

/** For the record, for the sender, and what is told of it. */
type Refused = readonly [reason: string, kind: OutboundRefusalCase, detail: string]

/** Between the ends: in the letter itself, whoever carries it. */
const endToEnd: readonly Protection[] = ['smime', 'openpgp', 'pdf']

/** Which ways policy and sender leave. Flags only take ways away, but for `plain`, which a policy must permit. */
function demandOf({ policy, isOwn, asked: { flags, unknown }, content }: OutboundQuestion): Demand {
  const { protection } = policy
  if (unknown.length > 0) return { refused: ['unknown flag', 'flag', unknown.slice(0, 3).join(', ')] }
  const wantsProtection = flags.has('encrypt') || flags.has('pdf') || flags.has('confidential')
  if (flags.has('plain') && wantsProtection) return { refused: ['flags contradict', 'contradiction', ''] }
  const must = policy.protect === 'always' || (policy.protect === 'detected' && content.detected.length > 0)
  if (flags.has('plain') && must && !policy.plain && protection[0] !== 'none') {
    return { refused: ['flag plain is not permitted', 'plain', ''] }
  }
  if (isOwn && protection.includes('none')) return { ways: protection, sign: true, because: [] }
  if (flags.has('pdf')) {
    // A policy of certificates only is stricter than a PDF; every wider one is not.
    const permitted = protection.some((way) => way === 'pdf' || way === 'tls' || way === 'none')
    if (!permitted) return { refused: ['flag pdf is not permitted', 'pdf', ''] }
    const others = protection.filter((way) => way !== 'pdf' && endToEnd.includes(way))
    return { ways: ['pdf', ...others], sign: true, because: [] }
  }
  if (wantsProtection) {
    const ways = protection.filter((way) => way !== 'none')
    return { ways: ways.length > 0 ? ways : endToEnd, sign: true, because: [] }
  }
  const isClear = flags.has('plain') || !must
  const isPassed = content.isCalendar && policy.calendar === 'pass' && content.detected.length === 0
  if (isPassed && !flags.has('sign')) {
    const ways = isClear ? (['none'] as const) : protection.filter((way) => way === 'tls' || way === 'none')
    if (ways.length > 0) return { ways, sign: false, because: ['calendar'] }
  }
  if (isClear) {
    const because = must ? [] : [`nothing to protect (${policy.protect})`]
    return { ways: ['none'], sign: true, because }
  }
  return { ways: protection, sign: true, because: [] }
}

/** 451 4.7.1: the message stays in Postfix's queue until somebody outside acts. */
function waitingFor(what: string): SmtpReply {
  return replyTo(new TemporaryFailure('7.1', `waiting for ${what}`))
}

function waitForKey(what: string) {
  return { kind: 'wait' as const, for: 'certificate' as const, reply: waitingFor(what) }
}

function refused(...[reason, kind, detail]: Refused) {
  return { kind: 'reject' as const, reason, reply: outboundRefusal(kind, detail) }
}
