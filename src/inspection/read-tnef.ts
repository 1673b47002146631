/** A file or the body in a TNEF stream. `content` lies in the stream's own bytes where it can. */
export interface TnefPart {
  /** `body`: the text of the message itself. */
  readonly kind: 'attachment' | 'body'
  readonly fileName: string
  /** Media type: of the body, or what the sender's program says of the attachment. */
  readonly mediaType: string
  readonly content: Buffer
}

/** `damaged`: behind some place nothing could be read any more. */
export interface Tnef {
  readonly parts: readonly TnefPart[]
  readonly damaged: boolean
}

/** Attachments of a mail; and properties of each, of which Outlook writes some hundred. */
const maxParts = 200
const maxProperties = 4000

const signature = 0x223e9f78

/** Attributes ([MS-OXTNEF] 2.1.3.2). */
const rendData = 0x00069002
const title = 0x00018010
const data = 0x0006800f
const attachmentProperties = 0x00069005
const messageProperties = 0x00069003
const plainBody = 0x0002800c

/** Properties ([MS-OXPROPS]). */
const bodyText = 0x1000
const bodyRtf = 0x1009
const bodyHtml = 0x1013
const dataObject = 0x3701
const longFileName = 0x3707
const mimeTag = 0x370e

/** Whether a file is TNEF, which Outlook sends as winmail.dat. */
export function isTnef(head: Buffer): boolean {
  return head.length >= 6 && head.readUInt32LE(0) === signature
}

interface OpenAttachment {
  title: string
  content: Buffer | undefined
  properties: ReadonlyMap<number, Buffer>
}

/**
 * Body and attachments of a TNEF stream ([MS-OXTNEF] 2.1). Every length is checked against what is there; the first
 * that lies ends the reading. Messages inside are parts of their own, still as TNEF.
 */
export function readTnef(bytes: Buffer): Tnef {
  const attachments: OpenAttachment[] = []
  let message: ReadonlyMap<number, Buffer> = new Map()
  let plain: Buffer | undefined
  let damaged = !isTnef(bytes)
  for (let at = 6; !damaged && at < bytes.length; ) {
    const length = at + 9 <= bytes.length ? bytes.readUInt32LE(at + 5) : Number.POSITIVE_INFINITY
    const end = at + 9 + length
    damaged = end + 2 > bytes.length || attachments.length > maxParts
    if (damaged) break
    const attribute = bytes.readUInt32LE(at + 1)
    const value = bytes.subarray(at + 9, end)
    const current = attachments.at(-1)
    if (attribute === rendData) attachments.push({ title: '', content: undefined, properties: new Map() })
    else if (attribute === messageProperties) message = readProperties(value)
    else if (attribute === plainBody) plain = value
    else if (current && attribute === title) current.title = textOf(value, false)
    else if (current && attribute === data) current.content = value
    else if (current && attribute === attachmentProperties) current.properties = readProperties(value)
    at = end + 2
  }
  return { parts: [...bodyParts(message, plain), ...attachments.flatMap(attachedPart)], damaged }
}

/** HTML before text before RTF: one of them, because they say the same. */
function bodyParts(message: ReadonlyMap<number, Buffer>, plain: Buffer | undefined): TnefPart[] {
  const html = message.get(bodyHtml)
  const text = message.get(bodyText) ?? plain
  const rtf = message.get(bodyRtf)
  const part = (fileName: string, mediaType: string, content: Buffer): TnefPart[] => [
    { kind: 'body', fileName, mediaType, content },
  ]
  if (html && html.length > 0) return part('Nachricht.html', 'text/html', asText(html))
  if (text && text.length > 1) return part('Nachricht.txt', 'text/plain', asText(text))
  const unpacked = rtf && unpackRtf(rtf)
  return unpacked ? part('Nachricht.rtf', 'application/rtf', unpacked) : []
}

function attachedPart({ title: short, content, properties }: OpenAttachment): TnefPart[] {
  const object = properties.get(dataObject)
  // [MS-OXTNEF] 2.1.3.3.15: an object begins with the GUID of its interface; a message goes on as TNEF.
  const inner = object && isTnef(object.subarray(16)) ? object.subarray(16) : undefined
  const bytes = inner ?? content ?? object
  if (!bytes) return []
  const name = textOf(properties.get(longFileName) ?? Buffer.alloc(0), true) || short
  const type = textOf(properties.get(mimeTag) ?? Buffer.alloc(0), true)
  const mediaType = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(type) ? type : 'application/octet-stream'
  return [{ kind: 'attachment', fileName: name || 'winmail.bin', mediaType, content: bytes }]
}

/** The properties that have bytes ([MS-OXTNEF] 2.1.3.4), by number; the first value of each. */
function readProperties(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>()
  let at = 4
  const number = () => {
    at += 4
    return at <= bytes.length ? bytes.readUInt32LE(at - 4) : Number.POSITIVE_INFINITY
  }
  const count = bytes.length >= 4 ? Math.min(bytes.readUInt32LE(0), maxProperties) : 0
  for (let index = 0; index < count && at + 4 <= bytes.length; index++) {
    const type = bytes.readUInt16LE(at)
    const id = bytes.readUInt16LE(at + 2)
    at += 4
    if (id >= 0x8000) {
      at += 16
      // A named property: by number, or by a string that is padded to four bytes.
      if (number() === 0) at += 4
      else at += padded(number())
    }
    const fixed = fixedBytes.get(type & 0x0fff)
    const values = type & 0x1000 || fixed === undefined ? number() : 1
    for (let each = 0; each < values; each++) {
      const length = fixed ?? number()
      if (at + length > bytes.length) return found
      if (fixed === undefined && !found.has(id)) {
        const value = bytes.subarray(at, at + length)
        found.set(id, (type & 0x0fff) === 0x1f ? Buffer.from(value.toString('utf16le')) : value)
      }
      at += padded(length)
    }
  }
  return found
}

const padded = (length: number) => Math.ceil(length / 4) * 4

/** [MS-OXCDATA] 2.11.1; what is smaller than four bytes is padded. */
const fixedBytes: ReadonlyMap<number, number> = new Map([
  [0x00, 4],
  [0x01, 4],
  [0x02, 4],
  [0x03, 4],
  [0x04, 4],
  [0x05, 8],
  [0x06, 8],
  [0x07, 8],
  [0x0a, 4],
  [0x0b, 4],
  [0x14, 8],
  [0x40, 8],
  [0x48, 16],
])

/** Old strings are in the sender's code page, in these countries Windows-1252. */
function textOf(bytes: Buffer, mayBeUtf8: boolean): string {
  const text = mayBeUtf8 ? utf8Of(bytes).toString('utf8') : decode(bytes)
  return (text.split('\0')[0] ?? '').slice(0, 255)
}

/** In UTF-8, without the zero bytes at the end. */
function asText(bytes: Buffer): Buffer {
  let end = bytes.length
  while (bytes[end - 1] === 0) end--
  return utf8Of(bytes.subarray(0, end))
}

function utf8Of(bytes: Buffer): Buffer {
  const isUtf8 = Buffer.from(bytes.toString('utf8')).equals(bytes)
  return isUtf8 ? bytes : Buffer.from(decode(bytes))
}

function decode(bytes: Buffer): string {
  return new TextDecoder('windows-1252').decode(bytes)
}

/** [MS-OXRTFCP] 2.1.3.1.1: what the dictionary holds before the first byte. */
const rtfDictionary =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx'
const maxRtfBytes = 16 * 1024 * 1024

/** Undoes the compression of a body in RTF ([MS-OXRTFCP] 2.2); undefined if it is none. */
function unpackRtf(packed: Buffer): Buffer | undefined {
  if (packed.length < 16) return undefined
  const rawBytes = packed.readUInt32LE(4)
  const kind = packed.readUInt32LE(8)
  if (kind === 0x414c454d) return packed.subarray(16, 16 + rawBytes)
  if (kind !== 0x75465a4c || rawBytes > maxRtfBytes) return undefined
  const window = Buffer.alloc(4096)
  let write = window.write(rtfDictionary, 'latin1')
  // Nine bytes give at most eight references of seventeen bytes.
  const out = Buffer.alloc(Math.min(rawBytes, packed.length * 17))
  let length = 0
  const put = (byte: number) => {
    if (length < out.length) out[length++] = byte
    window[write] = byte
    write = (write + 1) % window.length
  }
  for (let at = 16; at < packed.length && length < out.length; ) {
    const control = packed.readUInt8(at++)
    for (let bit = 0; bit < 8 && at < packed.length; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(packed.readUInt8(at++))
        continue
      }
      if (at + 2 > packed.length) return out.subarray(0, length)
      const reference = packed.readUInt16BE(at)
      at += 2
      const offset = reference >> 4
      if (offset === write) return out.subarray(0, length)
      for (let copied = 0; copied < (reference & 15) + 2; copied++) put(window[(offset + copied) % 4096] ?? 0)
    }
  }
  return out.subarray(0, length)
}
