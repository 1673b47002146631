import { randomBytes } from 'node:crypto'
import type { ConversionResult, Converter } from '../converter/converter.ts'
import type { Original } from '../holding/hold-originals.ts'
import { takeTurns } from '../inspection/take-turns.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../message/build-field.ts'
import { buildMultipart, buildPart, partBytes } from '../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../message/byte-source.ts'
import { decoded } from '../message/decode-body.ts'
import { encodeBase64 } from '../message/encode-base64.ts'
import type { OfficeAttachment } from '../message/facts.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { shownFileName } from '../message/shown-file-name.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import { withheldText } from './withheld-text.ts'

/** All files of one message share this time; what is late is held without a PDF (office.md 6). */
const conversionBudgetMs = 60_000

export interface OfficeHouse {
  readonly converter: Pick<Converter, 'convert'>
  /** Takes the originals into custody; resolves when they are sealed and recorded. */
  readonly hold: (
    message: ReceivedMessage,
    originals: readonly Original[],
  ) => Promise<readonly HeldOriginal[]>
  readonly telephone: string
}

/**
 * What stands in place of each Office file: a notice and, where one could be made, its PDF, by the path of the part.
 * The originals are in custody before this resolves; a conversion that fails never refuses the mail.
 */
export async function replaceOfficeFiles(
  message: ReceivedMessage,
  attachments: readonly OfficeAttachment[],
  house: OfficeHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MimeEntity>> {
  const originals: Original[] = []
  for (const attachment of attachments) {
    const part = partAt(message.tree.root, attachment.path)
    originals.push({ ...attachment, content: await workspace.collect(decoded(message.source, part)) })
  }
  const held = await house.hold(message, originals)
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(conversionBudgetMs)])
  // One mail with a hundred files must not fill the converter's queue, for others and for itself.
  const inTurn = takeTurns(2)
  const replaced = new Map<string, MimeEntity>()
  await Promise.all(
    attachments.map(async (attachment, index) => {
      const [original, kept] = [originals[index], held[index]]
      if (!original || !kept) throw new Error('an original was not taken into custody')
      const conversion = await inTurn(() => convertInTime(original, house.converter, inTime, signal))
      const name = shownFileName(attachment.fileName) ?? `Dokument.${attachment.office}`
      const signed = isInSigned(message.tree.root, attachment.path)
      const about = { ...attachment, fileName: name, signed }
      const notice = noticePart(withheldText(about, kept, conversion, house.telephone))
      const parts =
        conversion.kind === 'converted' ? [notice, await pdfPart(name, conversion.pdf, workspace)] : [notice]
      replaced.set(
        attachment.path.join('.'),
        buildMultipart('mixed', new Map(), parts, randomBytes(16).toString('hex')),
      )
    }),
  )
  return replaced
}

/** The complete parts for rewriting a message whose root stays. */
export function asParts(replaced: ReadonlyMap<string, MimeEntity>): ReadonlyMap<string, ByteSource> {
  return new Map(Array.from(replaced, ([path, entity]) => [path, partBytes(entity)]))
}

async function convertInTime(
  original: Original,
  converter: OfficeHouse['converter'],
  inTime: AbortSignal,
  signal: AbortSignal,
): Promise<ConversionResult> {
  try {
    return await converter.convert(original.content, original.office, inTime)
  } catch (error) {
    if (signal.aborted || !inTime.aborted) throw error
    return { kind: 'failed', reason: 'time-limit' }
  }
}

function partAt(root: MimePart, path: readonly number[]): MimePart {
  return path.reduce((part, index) => {
    const child = part.children[index]
    if (!child) throw new Error(`no part ${path.join('.')} in the message`)
    return child
  }, root)
}

/** A changed part breaks the signature around it (RFC 1847 2.1). */
function isInSigned(root: MimePart, path: readonly number[]): boolean {
  return path.some((_, depth) => partAt(root, path.slice(0, depth)).contentType.subtype === 'signed')
}

function noticePart(text: string): ByteSource {
  return buildPart(
    [
      contentTypeField('text/plain', new Map([['charset', 'utf-8']])),
      contentDispositionField('inline'),
      structuredField('Content-Transfer-Encoding', 'base64'),
    ],
    bytesInMemory(Buffer.from(Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n'))),
  )
}

async function pdfPart(fileName: string, pdf: Uint8Array, workspace: Workspace): Promise<ByteSource> {
  const name = `${fileName.replace(/\.[A-Za-z0-9]{1,5}$/, '')}.pdf`
  return buildPart(
    [
      contentTypeField('application/pdf', new Map([['name', name]])),
      contentDispositionField('attachment', name),
      structuredField('Content-Transfer-Encoding', 'base64'),
    ],
    await workspace.collect(encodeBase64(bytesInMemory(pdf).stream())),
  )
}
