import { contentTypeField, structuredField } from '../message/build-field.ts'
import { bytesInMemory, type Workspace } from '../message/byte-source.ts'
import { decoded, decodedBytes } from '../message/decode-body.ts'
import { encodeBase64 } from '../message/encode-base64.ts'
import type { HeaderField } from '../message/header-field.ts'
import { decoderFor, textOfBytes } from '../message/latin1.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { elementsIn, mostElements } from '../protection/elements-in.ts'
import { withoutRemoteContent } from '../protection/remote-content.ts'

/** The parser holds several times as much. A mail that people wrote has 100 KiB; above, its source is shown. */
const maxHtmlBytes = 512 * 1024

/**
 * What stands in place of each HTML part that could fetch something, by path; attachments too, because some programs show
 * them. `replaced` are paths that something else stands in place of already.
 */
export async function quietenHtml(
  message: ReceivedMessage,
  replaced: ReadonlyMap<string, MimeEntity>,
  workspace: Workspace,
): Promise<ReadonlyMap<string, MimeEntity>> {
  const quiet = new Map<string, MimeEntity>()
  const room: Room = { elements: mostElements }
  const visit = async (part: MimePart, path: string): Promise<void> => {
    if (replaced.has(path)) return
    for (const [index, child] of part.children.entries()) {
      await visit(child, path === '' ? `${index}` : `${path}.${index}`)
    }
    const entity = part.children.length === 0 ? await quietened(message, part, room, workspace) : undefined
    if (entity) quiet.set(path, entity)
  }
  await visit(message.tree.root, '')
  return quiet
}

/** What the parts of one message may still cost together. */
interface Room {
  elements: number
}

async function quietened(
  message: ReceivedMessage,
  part: MimePart,
  room: Room,
  workspace: Workspace,
): Promise<MimeEntity | undefined> {
  const { type, subtype, parameters } = part.contentType
  const isHtml = (type === 'text' && subtype === 'html') || /^xhtml(?:\+xml)?$/.test(subtype)
  if (!isHtml) return undefined
  const bytes = await decodedBytes(message.source, part, maxHtmlBytes + 1)
  const charset = parameters.get('charset')?.trim().toLowerCase() ?? 'utf-8'
  const isUtf8 = /^(?:utf-?8|us-ascii|)$/.test(charset)
  const decoder = isUtf8 ? undefined : decoderFor(charset)
  // In UTF-7, which some programs still read, no tag looks like one.
  const isReadable = isUtf8 || decoder !== undefined
  const html = decoder ? decoder.decode(bytes) : textOfBytes(bytes)
  const elements = elementsIn(html)
  if (bytes.length > maxHtmlBytes || !isReadable || elements > room.elements) {
    const source = await workspace.collect(encodeBase64(decoded(message.source, part)))
    return { fields: fieldsOf(part, 'text/plain', isReadable ? charset : 'us-ascii'), body: source }
  }
  room.elements -= elements
  const clean = withoutRemoteContent(html)
  if (clean === undefined) return undefined
  const body = await workspace.collect(encodeBase64(bytesInMemory(Buffer.from(clean)).stream()))
  return { fields: fieldsOf(part, 'text/html', 'utf-8'), body }
}

function fieldsOf(part: MimePart, type: string, charset: string): readonly HeaderField[] {
  const kept = part.fields.filter(({ name }) => /^content-(?:disposition|id|location)$/i.test(name))
  return [
    contentTypeField(type, new Map([['charset', charset]])),
    structuredField('Content-Transfer-Encoding', 'base64'),
    ...kept,
  ]
}
