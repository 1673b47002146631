import { decodedBytes } from '../../message/decode-body.ts'
import { decodeText } from '../../message/encoded-words.ts'
import { firstValue } from '../../message/header.ts'
import { decoderFor, textOfBytes } from '../../message/latin1.ts'
import type { MimePart } from '../../message/mime-part.ts'
import { type ReadableParts, readableParts } from '../../message/readable-parts.ts'
import type { ReceivedMessage } from '../../message/received-message.ts'
import { elementsIn, mostElements } from '../elements-in.ts'
import { cleanHtml, textAsHtml } from './clean-html.ts'
import { dateInGerman } from './date-in-german.ts'

/** What the page shows of a message; decoded text of others. */
export interface MessageContent {
  readonly from: string
  readonly to: string
  readonly date: string
  readonly subject: string
  /** Cleaned HTML, one piece for each text of the message. */
  readonly bodies: readonly string[]
}

/** Text beyond this is attached instead of printed: the renderer gives up at 300 pages, which 1 MiB fills. */
const maxBodyBytes = 1024 * 1024
const maxPictureBytes = 5 * 1024 * 1024

/** Reads a message for the page. `rest` are the parts that the page does not show whole and true: they are attached. */
export async function messageContent(
  message: ReceivedMessage,
): Promise<{ readonly content: MessageContent; readonly rest: readonly MimePart[] }> {
  const parts = readableParts(message.tree.root)
  const pictures = await pictureUrls(message, parts)
  const [tooMuch, uncertain]: [MimePart[], MimePart[]] = [[], []]
  const shown = new Set<string>()
  const bodies: string[] = []
  let room = maxBodyBytes
  let elements = 0
  for (const part of parts.shown) {
    const bytes = await decodedBytes(message.source, part, room + 1)
    if (bytes.length > room) {
      tooMuch.push(part)
      continue
    }
    const { text, certain } = textOf(part, bytes)
    const isHtml = part.contentType.subtype === 'html'
    elements += isHtml ? elementsIn(text) : 0
    if (isHtml && elements > mostElements) {
      tooMuch.push(part)
      continue
    }
    room -= bytes.length
    if (!certain) uncertain.push(part)
    if (isHtml) {
      const clean = cleanHtml(text, pictures.urls)
      for (const contentId of clean.shown) shown.add(contentId)
      bodies.push(clean.html)
    } else bodies.push(textAsHtml(text))
  }
  const unseen = parts.pictures.filter(
    ({ contentId, part }) => !shown.has(contentId) || pictures.parts.get(contentId) !== part,
  )
  const field = (name: string) => decodeText(firstValue(message.fields, name) ?? '')
  return {
    content: {
      from: field('from'),
      to: [field('to'), field('cc')].filter((list) => list !== '').join(', '),
      date: decodeText(dateInGerman(message.fields)),
      subject: field('subject'),
      bodies,
    },
    rest: [...tooMuch, ...uncertain, ...parts.attachments, ...unseen.map(({ part }) => part)],
  }
}

/** The pictures that a page can show, whole, by Content-ID: the first of each, as long as there is room. */
async function pictureUrls(message: ReceivedMessage, { shown, pictures }: ReadableParts) {
  const urls = new Map<string, string>()
  const parts = new Map<string, MimePart>()
  const hasHtml = shown.some(({ contentType }) => contentType.subtype === 'html')
  let room = maxPictureBytes
  for (const { contentId, part } of hasHtml ? pictures : []) {
    const { subtype } = part.contentType
    if (!/^(?:png|jpeg|gif)$/.test(subtype) || urls.has(contentId)) continue
    const bytes = await decodedBytes(message.source, part, room + 1)
    if (bytes.length === 0 || bytes.length > room) continue
    room -= bytes.length
    urls.set(contentId, `data:image/${subtype};base64,${Buffer.from(bytes).toString('base64')}`)
    parts.set(contentId, part)
  }
  return { urls, parts }
}

/** Text that says nothing or UTF-8 and is not is what Western programs mean. Not certain: a charset that nobody knows. */
function textOf(part: MimePart, bytes: Uint8Array): { readonly text: string; readonly certain: boolean } {
  const charset = part.contentType.parameters.get('charset')?.trim().toLowerCase()
  if (charset === undefined || /^(?:utf-?8|us-ascii|)$/.test(charset))
    return { text: textOfBytes(bytes), certain: true }
  const decoder = decoderFor(charset)
  return decoder
    ? { text: decoder.decode(bytes), certain: true }
    : { text: textOfBytes(bytes), certain: false }
}
