import { toAscii } from '../decision/to-ascii.ts'
import { authenticationResults } from '../inspection/authentication-results.ts'
import { forgedResults } from '../inspection/forged-results.ts'
import { buildField } from '../message/build-field.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { InboundFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import type { Edit, FinalAnswer } from '../milter/filter.ts'
import type { InboundPolicy } from '../policy/policy.ts'
import { entityEdits } from './entity-edits.ts'
import { asParts, type OfficeHouse, replaceOfficeFiles } from './replace-office-files.ts'

const maxEvidenceCharacters = 200

/** What is known of a message that was judged good enough. */
export interface Accepted {
  readonly facts: InboundFacts
  readonly score: number
  readonly signals: readonly { readonly name: string; readonly points: number; readonly evidence: string }[]
  readonly policy: InboundPolicy
}

/**
 * An accepted message as its recipients get it: forged marks out, our marks in, Office files replaced by PDFs. All else
 * keeps its bytes.
 */
export async function deliverInbound(
  message: ReceivedMessage,
  accepted: Accepted,
  house: OfficeHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const marks = markingEdits(message, accepted)
  const { office } = accepted.facts
  if (office.length === 0 || accepted.policy.office === 'pass') return { kind: 'accept', edits: marks }
  const converter: OfficeHouse['converter'] = {
    convert: (document, kind, until) =>
      house.converter.convert(document, kind, until, accepted.policy.flatten),
  }
  const replaced = await replaceOfficeFiles(message, office, { ...house, converter }, workspace, signal)
  const root = replaced.get('')
  if (root) {
    return {
      kind: 'accept',
      edits: [...marks, ...entityEdits(message.fields, root)],
      body: root.body.stream(),
    }
  }
  const whole = replaceParts(message.source, message.tree, asParts(replaced))
  return { kind: 'accept', edits: marks, body: whole.stream(message.bodyStart) }
}

/** RFC 8601 5: what claims to come from us and does not is removed; ours stand on top. */
function markingEdits(message: ReceivedMessage, { facts, score, signals }: Accepted): Edit[] {
  const deletions = forgedResults(message.fields, message.mtaName).map(
    ({ name, occurrence }): Edit => ({ kind: 'deleteHeader', name, occurrence }),
  )
  // Evidence quotes what the sender wrote: a control character in it must not refuse the mail.
  const reasons = signals
    .filter(({ points }) => points !== 0)
    .map(({ evidence }) => toAscii(evidence, maxEvidenceCharacters))
  const trust = buildField(
    'X-Postsiegel-Trust',
    `${score > 0 ? '+' : ''}${score}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`,
  )
  return [
    ...deletions.reverse(),
    { kind: 'insertHeader', index: 0, name: trust.name, value: trust.value },
    { kind: 'insertHeader', index: 0, name: 'X-Postsiegel-Reference', value: ` ${message.id}` },
    {
      kind: 'insertHeader',
      index: 0,
      name: 'Authentication-Results',
      value: authenticationResults(facts.authentication, message),
    },
  ]
}
