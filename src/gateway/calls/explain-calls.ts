import { z } from 'zod'
import type { SmtpReply } from '../../failure.ts'
import type { InboundFacts } from '../../message/facts.ts'
import type { DecisionRecord } from '../../storage/decisions.ts'
import type { TrustAssessment } from '../../trust/assess-trust.ts'
import { address } from './key-calls.ts'

const name = z.string().min(1).max(255)

/** What can be asked about verdicts. */
export const explainCalls = {
  explain: z.strictObject({ id: z.string().min(1).max(40), today: z.boolean().default(false) }),
  'explain-message': z.strictObject({
    /** Base64. */
    message: z.string().min(1),
    /** '' for the null reverse-path; left out: what Return-Path says, or the author. */
    sender: z.union([z.literal(''), address]).exactOptional(),
    /** Empty: whom of ours its header names. */
    recipients: z.array(address).max(1000),
    clientAddress: z.union([z.ipv4(), z.ipv6()]).exactOptional(),
    /** Its verified reverse name. */
    clientName: name.exactOptional(),
    helo: name.exactOptional(),
  }),
}

export type MessageToExplain = z.infer<(typeof explainCalls)['explain-message']>

/** A verdict with everything that it rests on. */
export interface Verdict {
  /** 'deliver', or kind and reason. */
  readonly outcome: string
  /** What the sender would be told; undefined if the message would be accepted. */
  readonly reply: SmtpReply | undefined
  /** Of the recipient who decided. */
  readonly trust: TrustAssessment
  /** For each recipient. */
  readonly thresholds: readonly { readonly acceptFrom: number; readonly refuseBelow: number }[]
  /** He was asked to come again, and did. */
  readonly cameBack: boolean
  readonly policyGeneration: number
}

export interface ExplainedMessage extends Verdict {
  readonly sender: string
  readonly author: string | undefined
  readonly recipients: readonly string[]
  readonly clientAddress: string | undefined
  readonly facts: InboundFacts
}

/** A stored decision; `today`: the same facts judged by the policies of today, where that was asked and can be. */
export interface ExplainedRecord extends DecisionRecord {
  readonly today?: Verdict
}

export interface ExplainAnswers {
  readonly explain: ExplainedRecord | null
  readonly 'explain-message': ExplainedMessage
}
