import { contentTypeField, structuredField } from '../message/build-field.ts'
import { buildPart } from '../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../message/byte-source.ts'
import { decodedBytes } from '../message/decode-body.ts'
import { latin1Bytes } from '../message/latin1.ts'
import type { MimePart } from '../message/mime-part.ts'
import { encodeQuotedPrintable } from '../message/quoted-printable.ts'
import { readMessage } from '../message/read-message.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import { mainTexts } from './main-texts.ts'

/** Longer texts keep the line. */
const longestText = 1024 * 1024

/**
 * The message without the copy of hidden fields that its texts begin with, for programs which know no protected header
 * (RFC 9788 4.5.3.3): the header shows them now. Only where the text says so itself and looks like it; anything in doubt stays.
 * Not for what a signature covers.
 */
export async function withoutLegacyDisplay(
  message: ReceivedMessage,
  workspace: Workspace,
): Promise<ReceivedMessage> {
  const { source, tree } = message
  const replacements = new Map<string, ByteSource>()
  for (const [path, part] of mainTexts(tree.root)) {
    if (part.contentType.parameters.get('hp-legacy-display') !== '1') continue
    const shorter = await withoutLine(source, part, workspace)
    if (shorter) replacements.set(path.join('.'), shorter)
  }
  if (replacements.size === 0) return message
  return { ...message, ...(await readMessage(replaceParts(source, tree, replacements))) }
}

async function withoutLine(
  source: ByteSource,
  part: MimePart,
  workspace: Workspace,
): Promise<ByteSource | undefined> {
  const { contentType, fields, transferEncoding } = part
  if (!['7bit', '8bit', 'binary', 'base64', 'quoted-printable'].includes(transferEncoding)) return undefined
  const bytes = await decodedBytes(source, part, longestText + 1)
  if (bytes.length > longestText) return undefined
  const kept = new Map<string, string>()
  for (const name of ['charset', 'format', 'delsp']) {
    const value = contentType.parameters.get(name)
    if (value === undefined) continue
    if (!/^[\w.:+-]{1,40}$/.test(value)) return undefined
    kept.set(name, value)
  }
  // Whatever the charset, what is cut off is ASCII: texts of mail are never in UTF-16.
  const text = Buffer.from(bytes).toString('latin1')
  const shorter = contentType.subtype === 'html' ? cutHtml(text) : cutPlain(text)
  if (shorter === undefined) return undefined
  const others = fields.filter(({ name }) => !/^content-(?:type|transfer-encoding)$/i.test(name))
  return buildPart(
    [
      ...others,
      contentTypeField(`text/${contentType.subtype}`, kept),
      structuredField('Content-Transfer-Encoding', 'quoted-printable'),
    ],
    await workspace.collect(encodeQuotedPrintable(bytesInMemory(latin1Bytes(shorter)).stream())),
  )
}

/** Header fields, folded perhaps, and a blank line. */
function cutPlain(text: string): string | undefined {
  const element = /^(?:[!-9;-~]{1,77}:[^\r\n]{0,998}\r?\n(?:[ \t][^\r\n]{0,998}\r?\n){0,20}){1,20}\r?\n/.exec(
    text,
  )
  return element?.[0] === undefined ? undefined : text.slice(element[0].length)
}

/** The first thing in the body, with nothing in it but text. */
function cutHtml(html: string): string | undefined {
  const body = html.search(/<body[\s>]/i)
  const start = body < 0 ? 0 : html.indexOf('>', body) + 1
  const element =
    /^\s{0,100}<div class="?header-protection-legacy-display"?>\s{0,100}<pre>[^<]{0,20000}<\/pre>\s{0,100}<\/div>/i.exec(
      html.slice(start),
    )
  if (element?.[0] === undefined) return undefined
  return html.slice(0, start) + html.slice(start + element[0].length)
}
