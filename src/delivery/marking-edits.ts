import { toAscii } from '../decision/to-ascii.ts'
import { authenticationResults } from '../inspection/authentication-results.ts'
import { forgedResults } from '../inspection/forged-results.ts'
import { buildField } from '../message/build-field.ts'
import type { InboundFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { Edit } from '../milter/filter.ts'
import { securityField } from './security-field.ts'

const maxWordsCharacters = 200

/** What our fields say of a message. */
export interface Marks {
  readonly facts: InboundFacts
  readonly score: number
  readonly signals: readonly { readonly words: string }[]
  readonly isRemoteContentRemoved: boolean
}

/** RFC 8601 5: what claims to come from us and does not is removed; ours stand on top. */
export function markingEdits(message: ReceivedMessage, marks: Marks): Edit[] {
  const { facts, score, signals, isRemoteContentRemoved } = marks
  const deletions = forgedResults(message.fields, message.mtaName).map(
    ({ name, occurrence }): Edit => ({ kind: 'deleteHeader', name, occurrence }),
  )
  // They quote what the sender wrote: a control character in it must not refuse the mail.
  const reasons = signals.map(({ words }) => toAscii(words, maxWordsCharacters)).filter((words) => words)
  const trust = buildField(
    'X-Postsiegel-Trust',
    `${score > 0 ? '+' : ''}${score}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`,
  )
  const security = securityField(facts.protection, isRemoteContentRemoved)
  return [
    ...deletions.reverse(),
    { kind: 'insertHeader', index: 0, name: trust.name, value: trust.value },
    { kind: 'insertHeader', index: 0, name: security.name, value: security.value },
    { kind: 'insertHeader', index: 0, name: 'X-Postsiegel-Reference', value: ` ${message.id}` },
    {
      kind: 'insertHeader',
      index: 0,
      name: 'Authentication-Results',
      value: authenticationResults(facts, message),
    },
  ]
}
