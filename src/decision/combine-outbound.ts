import type { SmtpReply } from '../failure.ts'
import type { OutboundOutcome, Treatment } from './outcome.ts'

/** One body for all recipients: what is done to the message, or the one reply for it. */
export type OutboundPlan =
  | { readonly kind: 'deliver'; readonly treatment: Treatment }
  | { readonly kind: 'refuse'; readonly reply: SmtpReply }

/**
 * Two recipients can share a transaction only if the same body serves both (a milter has one body). PDF containers
 * never do: each has its own password.
 */
export function treatmentKey(outcome: OutboundOutcome, recipient: string): string {
  switch (outcome.kind) {
    case 'deliver': {
      const { treatment } = outcome
      const parts = Object.entries(treatment).toSorted(([one], [other]) => (one < other ? -1 : 1))
      return JSON.stringify(treatment.protection === 'pdf' ? [...parts, recipient] : parts)
    }
    case 'wait':
    case 'reject':
      return outcome.kind
  }
}

/**
 * Combines the outcomes of a transaction's recipients, which RCPT let in because they are treated alike. Something
 * that changed meanwhile (a certificate that ran out between RCPT and the end) defers all of them.
 */
export function combineOutbound(
  outcomes: readonly { readonly recipient: string; readonly outcome: OutboundOutcome }[],
): OutboundPlan {
  const first = outcomes[0]
  if (!first) return { kind: 'refuse', reply: tryAgain('No recipients') }
  const key = treatmentKey(first.outcome, first.recipient)
  if (outcomes.some(({ outcome, recipient }) => treatmentKey(outcome, recipient) !== key)) {
    return { kind: 'refuse', reply: tryAgain('Recipients need different treatment, send to each separately') }
  }
  const { outcome } = first
  return outcome.kind === 'deliver'
    ? { kind: 'deliver', treatment: outcome.treatment }
    : { kind: 'refuse', reply: outcome.reply }
}

function tryAgain(text: string): SmtpReply {
  return { code: 451, enhancedStatus: '4.5.3', lines: [text] }
}
