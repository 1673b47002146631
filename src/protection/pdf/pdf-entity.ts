import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Converter } from '../../converter/converter.ts'
import { TemporaryFailure } from '../../failure.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildMultipart, buildPart } from '../../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import { decoded } from '../../message/decode-body.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import type { MimePart } from '../../message/mime-part.ts'
import { encodeQuotedPrintable } from '../../message/quoted-printable.ts'
import type { ReceivedMessage } from '../../message/received-message.ts'
import type { PdfPassword } from '../../storage/pdf-passwords.ts'
import { attachmentNames, textFileName } from './attachment-names.ts'
import { coverText } from './cover-text.ts'
import { type MessageContent, messageContent } from './message-content.ts'
import { type ListedFile, messagePage } from './message-page.ts'
import { plainPage } from './plain-page.ts'
import { type EmbeddedFile, sealContainer } from './seal-container.ts'

/** What the container needs of the house. */
export interface PdfHouse {
  readonly converter: Pick<Converter, 'render'>
  /** A folder in memory for the plain text on its way; only we may read it. */
  readonly workFolder: string
  readonly organization: { readonly name: string; readonly telephone: string }
}

/** A file of the container that is listed on its page. */
type AttachedFile = EmbeddedFile & ListedFile

/**
 * The message as a cover text with one encrypted PDF that holds the message and its attachments (AES-256, R6). Whatever
 * cannot be made now is a TemporaryFailure: the message waits in Postfix's queue, it never leaves unprotected.
 */
export async function pdfEntity(
  message: ReceivedMessage,
  password: PdfPassword,
  house: PdfHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<MimeEntity> {
  const folder = await mkdtemp(join(house.workFolder, 'pdf-')).catch((cause: unknown) => {
    throw new TemporaryFailure('3.1', 'No room for the protected document', { cause })
  })
  try {
    const { content, rest } = await messageContent(message)
    const files = await writeAttachments(folder, message, rest, signal)
    const page = await renderPage(content, files, house, signal)
    const attachments = page.kind === 'drawn' ? files : [...files, await writeText(folder, content)]
    await writeFile(join(folder, 'page.pdf'), page.pdf, { mode: 0o600 })
    const container = await sealContainer(folder, join(folder, 'page.pdf'), attachments, password, signal)
    const encoded = await workspace.collect(encodeBase64(createReadStream(container)))
    return buildMultipart(
      'mixed',
      new Map(),
      [await coverPart(house, workspace), containerPart(encoded)],
      randomBytes(16).toString('hex'),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function coverPart(house: PdfHouse, workspace: Workspace): Promise<ByteSource> {
  const text = coverText(house.organization)
  return buildPart(
    [
      contentTypeField('text/plain', new Map([['charset', 'utf-8']])),
      structuredField('Content-Transfer-Encoding', 'quoted-printable'),
    ],
    await workspace.collect(encodeQuotedPrintable(bytesInMemory(Buffer.from(text)).stream())),
  )
}

function containerPart(encoded: ByteSource): ByteSource {
  return buildPart(
    [
      contentTypeField('application/pdf', new Map([['name', 'Message.pdf']])),
      contentDispositionField('attachment', 'Message.pdf'),
      structuredField('Content-Transfer-Encoding', 'base64'),
    ],
    encoded,
  )
}

/** The parts as files of the folder, decoded. */
async function writeAttachments(
  folder: string,
  message: ReceivedMessage,
  parts: readonly MimePart[],
  signal: AbortSignal,
): Promise<AttachedFile[]> {
  const names = attachmentNames(parts)
  const files: AttachedFile[] = []
  for (const [index, part] of parts.entries()) {
    const file = join(folder, `attachment-${index + 1}`)
    await writeFile(file, decoded(message.source, part), { flag: 'wx', mode: 0o600, signal })
    const { type, subtype } = part.contentType
    const mimeType = `${type}/${subtype}`
    files.push({
      file,
      name: names[index] ?? '',
      mimeType: /^[a-z0-9.+_-]+\/[a-z0-9.+_-]+$/.test(mimeType) ? mimeType : 'application/octet-stream',
      bytes: (await stat(file)).size,
    })
  }
  return files
}

/** The message as it was typed, for the case that no page could be drawn of it. */
async function writeText(folder: string, { bodies }: MessageContent): Promise<EmbeddedFile> {
  const file = join(folder, 'message-text')
  const html = `<!DOCTYPE html><meta charset="utf-8"><title>Nachricht</title>${bodies.join('<hr>')}`
  await writeFile(file, html, { mode: 0o600 })
  return { file, name: textFileName, mimeType: 'text/html' }
}

/**
 * A page that was drawn from the message; a plain one if the renderer gives up on this message. A renderer that is
 * down or busy is no property of the message: then it waits.
 */
async function renderPage(
  content: MessageContent,
  files: readonly ListedFile[],
  house: PdfHouse,
  signal: AbortSignal,
): Promise<{ readonly kind: 'drawn' | 'plain'; readonly pdf: Uint8Array }> {
  const page = messagePage(content, files, house.organization.name)
  const result = await house.converter.render(page, signal)
  if (result.kind === 'converted' && !result.cut) return { kind: 'drawn', pdf: result.pdf }
  if (result.kind === 'failed' && (result.reason === 'busy' || result.reason === 'unavailable')) {
    throw new TemporaryFailure('3.0', 'The protected document cannot be made at the moment', {
      cause: result.reason,
    })
  }
  return { kind: 'plain', pdf: await plainPage(content, files) }
}
