import { sharedOfficeTreatment } from '../decision/office-treatment.ts'
import { toAscii } from '../decision/to-ascii.ts'
import { authenticationResults } from '../inspection/authentication-results.ts'
import { forgedResults } from '../inspection/forged-results.ts'
import { buildField } from '../message/build-field.ts'
import { partBytes } from '../message/build-part.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { AttachedFile, InboundFacts, SeenFile } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import { shownFileName } from '../message/shown-file-name.ts'
import type { Edit, FinalAnswer } from '../milter/filter.ts'
import type { InboundPolicy } from '../policy/policy.ts'
import { entityEdits } from './entity-edits.ts'
import { officeRecord } from './office-record.ts'
import { type OfficeHouse, replaceOfficeFiles } from './replace-office-files.ts'

const maxEvidenceCharacters = 200

/** What is known of a message that was judged good enough. */
export interface Accepted {
  readonly facts: InboundFacts
  readonly score: number
  readonly signals: readonly { readonly name: string; readonly points: number; readonly evidence: string }[]
  /** What all recipients share, and each one's own. */
  readonly policy: InboundPolicy
  readonly policies: readonly InboundPolicy[]
}

/** The answer, and what was done to Office files, for the record: kinds, no names. */
export type Delivered = FinalAnswer & { readonly office?: readonly string[] }

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
): Promise<Delivered> {
  const marks = markingEdits(message, accepted)
  const { facts, policy, policies, score } = accepted
  if (facts.files.length === 0) return { kind: 'accept', edits: marks }
  const replaced = await replaceOfficeFiles(
    message,
    facts.files,
    {
      treatment: (file) => sharedOfficeTreatment(policies, file, score),
      signedMail: policy.signedMail,
      flatten: policy.flatten,
      comesAsMail: policy.release.includes('mail'),
      holds: true,
    },
    house,
    workspace,
    signal,
  )
  const edits = [...marks, ...invoiceEdits(facts.files)]
  const office = officeRecord(replaced.fates)
  if (replaced.entities.size === 0) return { kind: 'accept', edits, office }
  const root = replaced.entities.get('')
  if (root) {
    const body = root.body.stream()
    return { kind: 'accept', edits: [...edits, ...entityEdits(message.fields, root)], body, office }
  }
  const parts = new Map(Array.from(replaced.entities, ([path, entity]) => [path, partBytes(entity)]))
  const whole = replaceParts(message.source, message.tree, parts)
  return { kind: 'accept', edits, body: whole.stream(message.bodyStart), office }
}

/** Enough for a month's accounting in one mail; a header is no list. */
const maxInvoices = 20

/** Invoices and the like, which went through untouched, in a field of ours, so that filters can sort them. */
function invoiceEdits(files: readonly AttachedFile[]): Edit[] {
  const invoices = files.flatMap(({ file }) => invoicesIn(file))
  if (invoices.length === 0) return []
  const shown = invoices
    .slice(0, maxInvoices)
    .map(({ fileName, format }) => `${toAscii(shownFileName(fileName) ?? 'invoice', 80)} (${format})`)
  if (invoices.length > maxInvoices) shown.push(`${invoices.length - maxInvoices} more`)
  const { name, value } = buildField('X-Postsiegel-Invoices', shown.join('; '))
  return [{ kind: 'insertHeader', index: 0, name, value }]
}

function invoicesIn(file: SeenFile): (SeenFile & { readonly kind: 'invoice' })[] {
  if (file.kind === 'invoice') return [file]
  return 'inside' in file ? file.inside.flatMap((inner) => invoicesIn(inner.file)) : []
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
