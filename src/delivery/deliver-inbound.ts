import { sharedOfficeTreatment } from '../decision/office-treatment.ts'
import { toAscii } from '../decision/to-ascii.ts'
import { buildField } from '../message/build-field.ts'
import { entityOf, partBytes } from '../message/build-part.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { AttachedFile, InboundFacts, SeenFile } from '../message/facts.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import { shownFileName } from '../message/shown-file-name.ts'
import type { Edit, FinalAnswer } from '../milter/filter.ts'
import type { InboundPolicy } from '../policy/policy.ts'
import { protectableFields } from '../protection/protected-fields.ts'
import { answerBody } from './answer-body.ts'
import { entityEdits, fieldEdits } from './entity-edits.ts'
import { markingEdits } from './marking-edits.ts'
import { officeRecord } from './office-record.ts'
import { quietenHtml } from './quieten-html.ts'
import { type OfficeHouse, replaceOfficeFiles } from './replace-office-files.ts'
import { subjectEdits, subjectTagsFor } from './subject-tags.ts'

/** What is known of a message that was judged good enough. */
export interface Accepted {
  readonly facts: InboundFacts
  /** With its protection taken off; the message as it came if it had none. */
  readonly opened: ReceivedMessage
  readonly score: number
  /** Why, in a few words each for the reader. */
  readonly signals: readonly { readonly words: string }[]
  /** What all recipients share, and each one's own. */
  readonly policy: InboundPolicy
  readonly policies: readonly InboundPolicy[]
}

/** The answer, and what was done to files and HTML, for the record: kinds, no names. */
export type Delivered = FinalAnswer & { readonly changes?: readonly string[] }

/**
 * An accepted message as its recipients get it: opened, forged marks out, our marks in, Office files replaced by PDFs.
 * All else keeps its bytes.
 */
export async function deliverInbound(
  message: ReceivedMessage,
  accepted: Accepted,
  house: OfficeHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Delivered> {
  const { facts, policies, score } = accepted
  // A signature that proves nothing is nothing to keep: anybody could pass files by one of his own.
  const signedMail = facts.protection.signature === 'invalid' ? 'convert' : accepted.policy.signedMail
  const policy = { ...accepted.policy, signedMail }
  const shown = shownMessage(message, { ...accepted, policy })
  const files = shown === accepted.opened ? facts.files : []
  const replaced = await replaceOfficeFiles(
    shown,
    files,
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
  // Nothing that a valid signature covers is malleable, so no signature is broken here.
  const quiet = facts.protection.isMalleable
    ? await quietenHtml(shown, replaced.entities, workspace)
    : new Map()
  const entities = new Map([...replaced.entities, ...quiet])
  const tags = policy.subjectTags ? subjectTagsFor(facts.protection) : undefined
  const edits = [
    ...markingEdits(message, { ...accepted, isRemoteContentRemoved: quiet.size > 0 }),
    ...invoiceEdits(files),
    ...(shown === message ? [] : fieldEdits(message.fields, shown.fields, protectableFields)),
    ...subjectEdits(message.fields, shown.fields, tags),
  ]
  const changes = [...officeRecord(replaced.fates), ...(quiet.size > 0 ? ['remote content removed'] : [])]
  return { kind: 'accept', ...content(message, shown, entities, edits), changes }
}

/** Where signed mail is to be left as it is, a valid signature around the content stays around it. */
function shownMessage(message: ReceivedMessage, { opened, facts, policy }: Accepted): ReceivedMessage {
  const { signature, encryption } = facts.protection
  const isLeft = policy.signedMail === 'leave' && signature === 'valid' && encryption === 'none'
  return isLeft ? message : opened
}

/** The body that takes the place of the one that came, and the fields that describe it; none where it stays. */
function content(
  message: ReceivedMessage,
  shown: ReceivedMessage,
  entities: ReadonlyMap<string, MimeEntity>,
  edits: readonly Edit[],
): { readonly edits: readonly Edit[]; readonly body?: AsyncIterable<Uint8Array> } {
  const root = entities.get('')
  if (root) return { edits: [...edits, ...entityEdits(message.fields, root)], body: answerBody(root.body) }
  if (entities.size === 0 && shown === message) return { edits }
  const parts = new Map(Array.from(entities, ([path, entity]) => [path, partBytes(entity)]))
  const whole = replaceParts(shown.source, shown.tree, parts)
  const described =
    shown === message
      ? []
      : entityEdits(message.fields, entityOf(shown.fields, shown.source, shown.bodyStart))
  return { edits: [...edits, ...described], body: answerBody(whole, shown.bodyStart) }
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
