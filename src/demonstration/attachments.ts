/** A leaf of a message that arrived. */
export interface ArrivedPart {
  readonly type: string
  readonly fileName: string
  readonly bytes: Buffer
}

const depthLimit = 10

/**
 * The leaves of a message, decoded. A reader of its own, so that the demonstration does not check the gateway with the
 * gateway's code; it reads what the gateway and LibreOffice write, not whatever the Internet sends.
 */
export function arrivedParts(message: Buffer, depth = 0): ArrivedPart[] {
  const text = message.toString('latin1')
  const blank = text.indexOf('\r\n\r\n')
  const header = (blank < 0 ? text : text.slice(0, blank)).replaceAll(/\r\n[ \t]+/g, ' ')
  const body = blank < 0 ? '' : text.slice(blank + 4)
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'im').exec(header)?.[1]?.trim() ?? ''
  const type = /^[^\s;]*/.exec(field('Content-Type') || 'text/plain')?.[0].toLowerCase() ?? ''
  const boundary = /boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(field('Content-Type'))
  if (type.startsWith('multipart/') && boundary && depth < depthLimit) {
    const parts = `\r\n${body}`.split(`\r\n--${boundary[1] ?? boundary[2]}`)
    // Before the first boundary stands the preamble; "--" behind one ends the list.
    const inner = parts.slice(1).filter((part) => !part.startsWith('--'))
    return inner.flatMap((part) =>
      arrivedParts(Buffer.from(part.slice(part.indexOf('\r\n') + 2), 'latin1'), depth + 1),
    )
  }
  const named = /(?:file)?name=(?:"([^"]*)"|([^\s;]*))/i
  const found = named.exec(field('Content-Disposition')) ?? named.exec(field('Content-Type'))
  const encoding = field('Content-Transfer-Encoding').toLowerCase()
  return [{ type, fileName: found?.[1] ?? found?.[2] ?? '', bytes: decode(body, encoding) }]
}

function decode(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1')
  const bytes = body
    .replaceAll(/=[ \t]*\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}

/** All text of a message, for a search in it. */
export function textOf(parts: readonly ArrivedPart[]): string {
  return parts
    .filter(({ type }) => type.startsWith('text/'))
    .map(({ bytes }) => bytes.toString('utf8'))
    .join('\n')
}
