import type { SmtpReply } from '../failure.ts'
import type { OutboundPolicy } from '../policy/policy.ts'
import type { RefusalCase } from './refusal-cases.ts'

/** The ways a message can leave. `none` is the clear, and only a policy gives it. */
export type Protection = OutboundPolicy['protection'][number]

/** Everything that makes the body that leaves: recipients of one transaction must agree in all of it. */
export interface Treatment
  extends Pick<
    OutboundPolicy,
    | 'office'
    | 'signatureForm'
    | 'cipher'
    | 'keyTransport'
    | 'autocrypt'
    | 'headerProtection'
    | 'neutralSubject'
  > {
  readonly protection: Protection
  /** With the author's certificate or key, unless the author's own program did. */
  readonly sign: boolean
  /** Encrypted by the author's own program: it leaves as it is. */
  readonly byAuthor: boolean
}

/** What becomes of the message for one recipient. There is no way to say "drop" (§ 206 StGB). */
export type OutboundOutcome = (
  | { readonly kind: 'deliver'; readonly treatment: Treatment }
  /** 4xx until somebody outside acts; Postfix keeps the message. */
  | { readonly kind: 'wait'; readonly for: 'password' | 'certificate'; readonly reply: SmtpReply }
  | { readonly kind: 'reject'; readonly reason: string; readonly reply: SmtpReply }
) & {
  /** Why so, for the record: names of flags and detectors, never content. */
  readonly because: readonly string[]
}

export type InboundOutcome =
  | { readonly kind: 'deliver' }
  /** `comeAgain`: the sender is asked to try again because that tells a mail server from a spammer; else we are at fault. */
  | {
      readonly kind: 'defer'
      readonly comeAgain: boolean
      readonly why: RefusalCase
      readonly reason: string
      readonly reply: SmtpReply
    }
  /** `hard`: whatever the relations are, such as for malware; then no other recipient gets the message either. */
  | {
      readonly kind: 'reject'
      readonly hard: boolean
      readonly why: RefusalCase
      /** Our own mail to the sender would let him in. */
      readonly heals: boolean
      readonly reason: string
      readonly reply: SmtpReply
    }
