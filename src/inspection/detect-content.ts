import { type Detector, detectInText } from '../decision/detectors/detect-in-text.ts'
import { textsOfHtml } from '../decision/detectors/text-of-html.ts'
import { decodedBytes } from '../message/decode-body.ts'
import { decodeText } from '../message/encoded-words.ts'
import { fieldsNamed, unfold } from '../message/header.ts'
import { decoderFor, textOfBytes } from '../message/latin1.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { OutboundPolicy } from '../policy/policy.ts'

/** Text that is looked through, of all parts together: 400 pages. What is longer might hold anything. */
const mostText = 1024 * 1024

/**
 * What makes a message of ours worth protecting, by the names of its detectors. Looks through the subject and every text
 * or HTML, attached ones too; of other files through their names only. What should be readable and is not counts as a hit:
 * unknown is never "nothing".
 */
export async function detectContent(
  message: ReceivedMessage,
  policy: Pick<OutboundPolicy, 'words' | 'attachmentTypes'>,
): Promise<readonly Detector[]> {
  const found = new Set<Detector>()
  const texts: string[] = []
  const isListed = listedType(policy.attachmentTypes)
  let room = mostText
  for (const part of partsOf(message.tree.root)) {
    for (const { value } of fieldsNamed(part.fields, 'subject')) texts.push(decodeText(unfold(value)))
    if (part.fileName !== undefined) texts.push(part.fileName)
    if (isListed(part)) found.add('attachment-type')
    const kind = kindOf(part)
    if (kind === 'closed') found.add('unread')
    if (kind !== 'text') continue
    const bytes = await decodedBytes(message.source, part, room + 1)
    const text = textOf(part, bytes)
    if (bytes.length > room || text === undefined) {
      found.add('unread')
      continue
    }
    room -= bytes.length
    texts.push(...(part.contentType.subtype === 'html' ? textsOfHtml(text) : [text]))
  }
  for (const name of detectInText([...new Set(texts)], policy.words)) found.add(name)
  return [...found]
}

function* partsOf(part: MimePart): Generator<MimePart> {
  yield part
  for (const child of part.children) yield* partsOf(child)
}

/**
 * `closed`: boxes in which mail programs find the text of the message (winmail.dat, an opaque signature), and multiparts in
 * which we found no part.
 */
function kindOf({ contentType: { type, subtype }, children }: MimePart): 'text' | 'closed' | 'other' {
  if (children.length > 0) return 'other'
  if (type === 'multipart') return 'closed'
  // What a report holds is text, whatever its subtype; of a message in a strange encoding nobody knows.
  if (type === 'text' || type === 'message') return 'text'
  return type === 'application' && /^(?:(?:vnd\.)?ms-tnef|(?:x-)?pkcs7-mime)$/.test(subtype)
    ? 'closed'
    : 'other'
}

/** undefined where charset or transfer encoding are unknown. */
function textOf({ contentType, transferEncoding }: MimePart, bytes: Uint8Array): string | undefined {
  if (!['7bit', '8bit', 'binary', 'base64', 'quoted-printable'].includes(transferEncoding)) return undefined
  const charset = contentType.parameters.get('charset')?.trim().toLowerCase()
  if (charset === undefined || /^(?:utf-?8|us-ascii|)$/.test(charset)) return textOfBytes(bytes)
  return decoderFor(charset)?.decode(bytes)
}

function listedType(listed: readonly string[]): (part: MimePart) => boolean {
  const wanted = listed.map((each) => each.toLowerCase().replace(/^\./, ''))
  return ({ fileName, contentType: { type, subtype } }) => {
    // Windows drops dots and spaces at the end of a name, so `a.xlsx.` opens as a.xlsx.
    const ending = /\.([a-z0-9]{1,10})[.\s"']*$/i.exec((fileName ?? '').slice(-64))?.[1]?.toLowerCase()
    return wanted.some((each) =>
      each.includes('/') ? each === `${type}/${subtype}` || each === `${type}/*` : each === ending,
    )
  }
}
