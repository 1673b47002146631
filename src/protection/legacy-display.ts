import { contentTypeField, structuredField } from '../message/build-field.ts'
import { buildPart, entityOf, partBytes } from '../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../message/byte-source.ts'
import { decodedBytes } from '../message/decode-body.ts'
import { decoderFor, textOfBytes } from '../message/latin1.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { MimePart } from '../message/mime-part.ts'
import { encodeQuotedPrintable } from '../message/quoted-printable.ts'
import { readMessage } from '../message/read-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import { mainTexts } from './main-texts.ts'
import { escapeHtml } from './pdf/escape-html.ts'

/** Longer texts keep their bytes: their readers find the subject in the header, or in the text. */
const longestText = 1024 * 1024

/**
 * The entity with its hidden subject as the first line of its texts, so that programs which know no protected header show
 * it; those that do leave the line out (RFC 9788 5.2.2, 5.2.3). `subject` is decoded text.
 */
export async function withLegacyDisplay(
  entity: MimeEntity,
  subject: string,
  workspace: Workspace,
): Promise<MimeEntity> {
  const source = partBytes(entity)
  const { tree } = await readMessage(source)
  const replacements = new Map<string, ByteSource>()
  for (const [path, part] of mainTexts(tree.root)) {
    const replaced = await withLine(source, part, subject, workspace)
    if (replaced) replacements.set(path.join('.'), replaced)
  }
  if (replacements.size === 0) return entity
  const changed = await readMessage(replaceParts(source, tree, replacements))
  return entityOf(changed.fields, changed.source, changed.bodyStart)
}

/** The part in UTF-8, because the subject may need that; undefined where its own text cannot be read for certain. */
async function withLine(
  source: ByteSource,
  part: MimePart,
  subject: string,
  workspace: Workspace,
): Promise<ByteSource | undefined> {
  const { contentType, fields, transferEncoding } = part
  if (!['7bit', '8bit', 'binary', 'base64', 'quoted-printable'].includes(transferEncoding)) return undefined
  const bytes = await decodedBytes(source, part, longestText + 1)
  if (bytes.length > longestText) return undefined
  const charset = contentType.parameters.get('charset')?.trim().toLowerCase() ?? 'us-ascii'
  const text = /^(?:utf-?8|us-ascii|)$/.test(charset)
    ? textOfBytes(bytes)
    : decoderFor(charset)?.decode(bytes)
  if (text === undefined) return undefined
  const shown =
    contentType.subtype === 'html' ? intoHtml(text, subject) : `Subject: ${subject}\r\n\r\n${text}`
  const flowed = ['format', 'delsp'].flatMap((name) => {
    const value = contentType.parameters.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const parameters = new Map([['charset', 'utf-8'], ...flowed, ['hp-legacy-display', '1']])
  const others = fields.filter(({ name }) => !/^content-(?:type|transfer-encoding)$/i.test(name))
  return buildPart(
    [
      contentTypeField(`text/${contentType.subtype}`, parameters),
      structuredField('Content-Transfer-Encoding', 'quoted-printable'),
      ...others,
    ],
    await workspace.collect(encodeQuotedPrintable(bytesInMemory(Buffer.from(shown)).stream())),
  )
}

/** At the beginning of the body; a text without one is all body. */
function intoHtml(html: string, subject: string): string {
  const line = `<div class="header-protection-legacy-display"><pre>Subject: ${escapeHtml(subject)}</pre></div>`
  const body = html.search(/<body[\s>]/i)
  const end = body < 0 ? 0 : html.indexOf('>', body) + 1
  return `${html.slice(0, end)}${line}${html.slice(end)}`
}
