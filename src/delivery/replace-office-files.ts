import type { ConversionResult, Converter } from '../converter/converter.ts'
import type { OfficeTreatment } from '../decision/office-treatment.ts'
import type { Original } from '../holding/hold-originals.ts'
import { officeInFile } from '../inspection/office-files.ts'
import { readTnef } from '../inspection/read-tnef.ts'
import { takeTurns } from '../inspection/take-turns.ts'
import { buildMultipart, entityOf, partBytes } from '../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../message/byte-source.ts'
import { decoded } from '../message/decode-body.ts'
import type { AttachedFile, OfficeAttachment, OfficeKind } from '../message/facts.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import { textPart } from './file-part.ts'
import {
  boundariesIn,
  type FileFate,
  isWithheld,
  newBoundary,
  partAt,
  partsOf,
  type Reworking,
  reworkFile,
} from './rework-file.ts'
import { webPage } from './web-page.ts'
import { withheldText } from './withheld-text.ts'

/** All files of one message share this time; what is late is held without a PDF. */
const conversionBudgetMs = 60_000

export interface OfficeHouse {
  readonly converter: Pick<Converter, 'convert' | 'render'>
  /** Takes the originals into custody; resolves when they are sealed and recorded. */
  readonly hold: (
    message: ReceivedMessage,
    originals: readonly Original[],
  ) => Promise<readonly HeldOriginal[]>
  readonly telephone: string
}

/** How the files of one message are treated. */
export interface OfficeOrder {
  readonly treatment: (file: Omit<OfficeAttachment, 'path'>) => Exclude<OfficeTreatment, 'refuse'>
  readonly signedMail: 'convert' | 'leave'
  readonly flatten: boolean
  /** Whether a released original comes as a mail, or has to be asked for. */
  readonly comesAsMail: boolean
  /** Whether originals are held and a notice tells of them; not so for our own mail. */
  readonly holds: boolean
}

/** What stands in place of the changed leaves, by path, and what became of each Office file. */
export interface ReplacedFiles {
  readonly entities: ReadonlyMap<string, MimeEntity>
  readonly fates: readonly FileFate[]
}

/**
 * What stands in place of each file that has to change: a notice and, where one could be made, the PDF; of an archive,
 * the archive with PDFs inside. The originals are in custody before this resolves; a conversion that fails never
 * refuses the mail.
 */
export async function replaceOfficeFiles(
  message: ReceivedMessage,
  files: readonly AttachedFile[],
  order: OfficeOrder,
  house: OfficeHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<ReplacedFiles> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(conversionBudgetMs)])
  // One mail with a hundred files must not fill the converter's queue, for others and for itself.
  const inTurn = takeTurns(2)
  const reworking: Reworking = {
    treatment: order.treatment,
    leaveSigned: order.signedMail === 'leave',
    boundaries: boundariesIn(message.tree.root),
    workspace,
    convert: (content, office) =>
      inTurn(() => convertInTime(content, office, order.flatten, house.converter, inTime, signal)),
  }
  const concerned = files.filter(({ file, signed }) => {
    if (signed && order.signedMail === 'leave') return false
    return officeInFile(file).some((office) => order.treatment(office) !== 'pass')
  })
  const leaves = await Promise.all(
    concerned.map(async (attached) => {
      const part = partAt(message.tree.root, attached.path)
      return { attached, part, content: await workspace.collect(decoded(message.source, part)) }
    }),
  )
  const originals = leaves.map(({ attached, content }) => originalsOf(attached, content, reworking))
  const held =
    order.holds && originals.some((list) => list.length > 0)
      ? await house.hold(message, originals.flat())
      : []
  const entities = new Map<string, MimeEntity>()
  let heldBefore = 0
  const keptOf = originals.map((list) => {
    const kept = held.slice(heldBefore, heldBefore + list.length)
    heldBefore += list.length
    if (order.holds && kept.length < list.length) throw new Error('an original was not taken into custody')
    return kept
  })
  const fates = await Promise.all(
    leaves.map(async ({ attached, part, content }, index) => {
      const reworked = await reworkFile(content, attached.file, reworking)
      if (reworked.result.kind === 'same' && reworked.beside.length === 0) return reworked.fates
      const notice = withheldText(reworked.fates, keptOf[index] ?? [], {
        signed: attached.signed,
        unwrapped: attached.file.kind === 'signed' && reworked.result.kind !== 'same',
        telephone: house.telephone,
        comesAsMail: order.comesAsMail,
      })
      const original = message.source.window(part.headerStart, part.bodyEnd)
      const isRoot = attached.path.length === 0
      const kept = isRoot ? partBytes(entityOf(message.fields, message.source, message.bodyStart)) : original
      const parts = await partsOf(reworked, kept, workspace)
      if (order.holds) parts.unshift(await textPart(Buffer.from(notice), 'text/plain', workspace))
      entities.set(attached.path.join('.'), buildMultipart('mixed', new Map(), parts, newBoundary()))
      return reworked.fates
    }),
  )
  return { entities, fates: fates.flat() }
}

/** What has to be held of a leaf: the whole of it, or of a TNEF stream, which nobody could open, each file. */
function originalsOf({ path, file }: AttachedFile, content: ByteSource, reworking: Reworking): Original[] {
  if (!isWithheld(file, reworking)) return []
  const [first] = officeInFile(file)
  if (!first || file.kind === 'invoice') return []
  if (file.kind !== 'tnef') return [{ path, fileName: file.fileName, office: first.office, content }]
  const { parts } = readTnef(Buffer.from(content.read(0, content.size)))
  return file.inside.flatMap(({ place, file: inner }) => {
    const part = parts[place[0] ?? 0]
    return part
      ? originalsOf(
          { path: [...path, ...place], signed: false, file: inner },
          bytesInMemory(part.content),
          reworking,
        )
      : []
  })
}

async function convertInTime(
  content: ByteSource,
  office: OfficeKind,
  flatten: boolean,
  converter: OfficeHouse['converter'],
  inTime: AbortSignal,
  signal: AbortSignal,
): Promise<ConversionResult> {
  try {
    const page = flatten ? undefined : webPage(content)
    return page === undefined
      ? await converter.convert(content, office, inTime, flatten)
      : await converter.render(page, inTime)
  } catch (error) {
    if (signal.aborted || !inTime.aborted) throw error
    return { kind: 'failed', reason: 'time-limit' }
  }
}
