import type { InboundQuestion } from '../../src/decision/decide-inbound.ts'
import {
  type AuthenticationFacts,
  type AuthenticationResult,
  type InboundFacts,
  noProtection,
  unaskedFacts,
} from '../../src/message/facts.ts'
import { builtInInbound } from '../../src/policy/find-policy.ts'
import type { TrustAssessment } from '../../src/trust/assess-trust.ts'
import type { TrustQuestion } from '../../src/trust/criterion.ts'
import { shippedWeights } from '../../src/trust/weights.ts'

/** A mail of ann@partner.example whose domain publishes nothing. */
export const unauthenticated: AuthenticationFacts = {
  author: { address: 'ann@partner.example', domain: 'partner.example' },
  spf: { result: 'none', domain: 'partner.example', aligned: true },
  dkim: [],
  dmarc: { result: 'none', policy: undefined },
  arc: 'none',
}

/** The same from the domain's own servers. */
export const bySpf: AuthenticationFacts = {
  ...unauthenticated,
  spf: { result: 'pass', domain: 'partner.example', aligned: true, reach: 'own' },
}

/** A signature of the author's domain. */
export function signatureOf(
  result: AuthenticationResult,
  change: Partial<AuthenticationFacts['dkim'][number]> = {},
): AuthenticationFacts['dkim'][number] {
  return {
    result,
    domain: 'partner.example',
    selector: 's',
    aligned: true,
    bodyLengthLimited: false,
    ...change,
  }
}

/** A clean mail of which nobody was asked anything but who sent it. */
export function inboundFacts(
  authentication: Partial<AuthenticationFacts> = bySpf,
  change: Partial<InboundFacts> = {},
): InboundFacts {
  return {
    ...unaskedFacts,
    authentication: { ...unauthenticated, ...authentication },
    scan: { kind: 'clean', signatures: 'x' },
    files: [],
    office: [],
    relations: [],
    ownDomain: false,
    ambiguities: [],
    protection: noProtection,
    ...change,
  }
}

/** Nobody here ever wrote to him. */
export const stranger = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }

/** What is asked about a stranger's mail. */
export const trustQuestion: TrustQuestion = {
  message: { sender: 'ann@partner.example', clientAddress: '192.0.2.1' },
  relation: stranger,
  lists: {},
  exception: undefined,
  trustsSealers: false,
  cameBack: false,
  weights: shippedWeights,
}

/** An assessment that came to `score`. */
export function scored(
  score: number,
  { lowest = score, highest = score, signal = 'NO_AUTHENTICATION' } = {},
): TrustAssessment {
  const signals = score === 0 ? [] : [{ name: signal, points: score, evidence: '', words: '' }]
  return { score, signals, identity: 0.8, earned: 0, range: { lowest, highest }, withoutAnswers: score }
}

/** The decision about a clean mail of an unknown sender in order. */
export const inboundQuestion: InboundQuestion = {
  facts: inboundFacts(),
  trust: scored(0),
  policy: builtInInbound,
  block: undefined,
  exception: undefined,
  trustsSealers: false,
  message: { sender: 'ann@partner.example', clientAddress: '192.0.2.1' },
  reference: 'K7Q2-81ZX-4M3P',
  organization: { name: 'Kanzlei Müller', telephone: '+49 9721 0000' },
  cameBack: false,
  dnsGivenUp: false,
  weights: shippedWeights,
}
