import type { InboundOutcome } from './outcome.ts'

/** One verdict for all recipients, and the index of the recipient whose outcome it is. */
export interface InboundVerdict {
  readonly outcome: InboundOutcome
  readonly decidedBy: number
}

/**
 * A milter gives one answer for all recipients of a message, and the sender would not learn of a recipient that was
 * left out. So the best outcome counts for all: accept before defer before refuse, except that a hard refusal of one
 * is the refusal of all.
 */
export function combine(outcomes: readonly InboundOutcome[]): InboundVerdict {
  const rank = (outcome: InboundOutcome) => {
    if (outcome.kind === 'reject') return outcome.hard ? 3 : 0
    return outcome.kind === 'deliver' ? 2 : 1
  }
  const first = outcomes[0]
  if (!first) throw new RangeError('a message without recipients has no verdict')
  let decidedBy = 0
  for (const [index, outcome] of outcomes.entries()) {
    if (rank(outcome) > rank(outcomes[decidedBy] ?? first)) decidedBy = index
  }
  return { outcome: outcomes[decidedBy] ?? first, decidedBy }
}
