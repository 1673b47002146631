import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Converter } from '../../converter/converter.ts'
import { TemporaryFailure } from '../../failure.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildMultipart, buildPart } from '../../message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import { decoded, decodedBytes } from '../../message/decode-body.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import { decodeText } from '../../message/encoded-words.ts'
import { firstValue } from '../../message/header.ts'
import { decoderFor } from '../../message/latin1.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import type { MimePart } from '../../message/mime-part.ts'
import { type ReadableParts, readableParts } from '../../message/readable-parts.ts'
import type { ReceivedMessage } from '../../message/received-message.ts'
import type { PdfPassword } from '../../storage/pdf-passwords.ts'
import { coverText } from './cover-text.ts'
import { messagePage, type PageContent } from './message-page.ts'
import { plainPage } from './plain-page.ts'
import { type EmbeddedFile, sealContainer } from './seal-container.ts'

/** What the container needs of the house. */
export interface PdfHouse {
  readonly converter: Pick<Converter, 'render'>
  /** A folder in memory for the plain text on its way; only we may read it. */
  readonly workFolder: string
  readonly organization: { readonly name: string; readonly telephone: string }
}

/** Text beyond this is attached instead of printed: 2 MiB are some thousand pages. */
const maxBodyBytes = 2 * 1024 * 1024
const maxPictureBytes = 5 * 1024 * 1024

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
    const parts = printableParts(message)
    const content = await pageContent(message, parts)
    const attachments = await writeAttachments(folder, message, parts.attachments)
    const page = await renderPage(content, house.converter, signal)
    if (page.kind === 'plain') attachments.push(await writeText(folder, content))
    await writeFile(join(folder, 'page.pdf'), page.pdf, { mode: 0o600 })
    const container = await sealContainer(folder, join(folder, 'page.pdf'), attachments, password, signal)
    const encoded = await workspace.collect(encodeBase64(createReadStream(container)))
    return buildMultipart(
      'mixed',
      new Map(),
      [coverPart(house), containerPart(encoded)],
      randomBytes(16).toString('hex'),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function coverPart(house: PdfHouse) {
  return buildPart(
    [
      contentTypeField('text/plain', new Map([['charset', 'utf-8']])),
      structuredField('Content-Transfer-Encoding', '8bit'),
    ],
    bytesInMemory(new TextEncoder().encode(coverText(house.organization))),
  )
}

function containerPart(encoded: Parameters<typeof buildPart>[1]) {
  return buildPart(
    [
      contentTypeField('application/pdf', new Map([['name', 'Message.pdf']])),
      contentDispositionField('attachment', 'Message.pdf'),
      structuredField('Content-Transfer-Encoding', 'base64'),
    ],
    encoded,
  )
}

/** The parts for page and attachments; a text that is too long to print becomes an attachment. */
function printableParts(message: ReceivedMessage): ReadableParts {
  const parts = readableParts(message.tree.root)
  const body = parts.html ?? parts.text
  if (!body || contentBytes(body) <= maxBodyBytes) return parts
  return { ...parts, html: undefined, text: undefined, attachments: [body, ...parts.attachments] }
}

async function pageContent(
  message: ReceivedMessage,
  { html, text, pictures, attachments }: ReadableParts,
): Promise<PageContent> {
  const shown = (name: string) => decodeText(firstValue(message.fields, name) ?? '')
  const pictureUrls = new Map<string, string>()
  let pictureBytes = 0
  for (const [contentId, part] of html ? pictures : []) {
    const bytes = await decodedBytes(message.source, part, maxPictureBytes)
    pictureBytes += bytes.length
    if (pictureBytes > maxPictureBytes || !/^(?:png|jpeg|gif)$/.test(part.contentType.subtype)) continue
    pictureUrls.set(
      contentId,
      `data:image/${part.contentType.subtype};base64,${Buffer.from(bytes).toString('base64')}`,
    )
  }
  const body = html ?? text
  const bodyText = body ? await textOf(message, body) : 'Siehe Anlagen. / See attachments.'
  return {
    from: shown('from'),
    to: [shown('to'), shown('cc')].filter((list) => list !== '').join(', '),
    date: shown('date'),
    subject: shown('subject'),
    body: html ? { kind: 'html', html: bodyText } : { kind: 'text', text: bodyText },
    pictures: pictureUrls,
    attachments: attachments.map((part, index) => ({
      name: fileNameOf(part, index),
      type: `${part.contentType.type}/${part.contentType.subtype}`,
      bytes: contentBytes(part),
    })),
  }
}

/** The decoded size, near enough for people, without decoding: base64 lines of 76 carry 57 bytes in 78. */
function contentBytes(part: MimePart): number {
  const encoded = part.bodyEnd - part.bodyStart
  return part.transferEncoding === 'base64' ? Math.floor((encoded / 78) * 57) : encoded
}

async function textOf(message: ReceivedMessage, part: MimePart): Promise<string> {
  const bytes = await decodedBytes(message.source, part, maxBodyBytes)
  const charset = part.contentType.parameters.get('charset') ?? 'utf-8'
  return (decoderFor(charset) ?? new TextDecoder('windows-1252')).decode(bytes)
}

async function writeAttachments(
  folder: string,
  message: ReceivedMessage,
  parts: readonly MimePart[],
): Promise<EmbeddedFile[]> {
  const files: EmbeddedFile[] = []
  for (const [index, part] of parts.entries()) {
    const file = join(folder, `attachment-${index + 1}`)
    await using handle = await open(file, 'wx', 0o600)
    for await (const piece of decoded(message.source, part)) await handle.write(piece)
    files.push({
      file,
      name: fileNameOf(part, index),
      mimeType: `${part.contentType.type}/${part.contentType.subtype}`,
    })
  }
  return files
}

function fileNameOf(part: MimePart, index: number): string {
  const { type, subtype } = part.contentType
  if (part.fileName) return part.fileName
  return type === 'message'
    ? `Nachricht-${index + 1}.eml`
    : `Anlage-${index + 1}.${subtype.replace(/[^a-z0-9]/g, '') || 'bin'}`
}

/** The message as it was typed, for the case that no page could be drawn of it. */
async function writeText(folder: string, content: PageContent): Promise<EmbeddedFile> {
  const isHtml = content.body.kind === 'html'
  const file = join(folder, 'message-text')
  await writeFile(file, content.body.kind === 'html' ? content.body.html : content.body.text, { mode: 0o600 })
  return {
    file,
    name: isHtml ? 'Nachricht.html' : 'Nachricht.txt',
    mimeType: isHtml ? 'text/html' : 'text/plain',
  }
}

/**
 * A page that was drawn from the message; a plain one if the renderer gives up on this message. A renderer that is
 * down or busy is no property of the message: then it waits.
 */
async function renderPage(
  content: PageContent,
  converter: PdfHouse['converter'],
  signal: AbortSignal,
): Promise<{ readonly kind: 'drawn' | 'plain'; readonly pdf: Uint8Array }> {
  const result = await converter.render(messagePage(content), signal)
  if (result.kind === 'converted' && !result.cut) return { kind: 'drawn', pdf: result.pdf }
  if (result.kind === 'failed' && (result.reason === 'busy' || result.reason === 'unavailable')) {
    throw new TemporaryFailure('3.0', 'The protected document cannot be made at the moment', {
      cause: result.reason,
    })
  }
  return { kind: 'plain', pdf: await plainPage(content) }
}
