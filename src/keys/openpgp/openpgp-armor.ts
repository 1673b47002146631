import { decodeBase64 } from '../../message/base64.ts'
import { latin1, latin1Bytes } from '../../message/latin1.ts'

/** A block of RFC 9580 6.2: `label` is `PUBLIC KEY BLOCK`, `MESSAGE`, `SIGNATURE`... */
export interface ArmorBlock {
  readonly label: string
  readonly content: Uint8Array
}

const beginLine = /^-----BEGIN PGP ([A-Z ]{1,40})-----$/
const headerLine = /^[A-Za-z]{1,20}: [ -~\u0080-\u00ff]{0,1000}$/
const base64Line = /^[A-Za-z0-9+/]{1,998}={0,2}$/
const checksumLine = /^=[A-Za-z0-9+/]{4}$/

/**
 * The armored blocks of a file in order; text around them counts for nothing. A block that is not exactly of the form is
 * left out: programs disagree about control characters, form feeds and headers in armor, and who disagrees can be shown
 * another text than was signed. The checksum is not looked at (RFC 9580 6.1: it must not decide).
 */
export function armorBlocks(bytes: Uint8Array): readonly ArmorBlock[] {
  const lines = latin1(bytes).split('\n').map(withoutEnd)
  const blocks: ArmorBlock[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const label = beginLine.exec(lines[at] ?? '')?.[1]
    if (!label) continue
    const end = lines.indexOf(`-----END PGP ${label}-----`, at + 1)
    if (end < 0) return blocks
    const content = contentOf(lines.slice(at + 1, end))
    if (content && content.length > 0) blocks.push({ label, content })
    at = end
  }
  return blocks
}

/** Blanks at the end of a line come from mail programs. */
function withoutEnd(line: string): string {
  let end = line.length
  while (end > 0 && ' \t\r'.includes(line[end - 1] ?? '')) end -= 1
  return line.slice(0, end)
}

function contentOf(lines: readonly string[]): Uint8Array | undefined {
  const blank = lines.indexOf('')
  // Some programs leave out the blank line where there are no headers.
  const headers = lines.slice(0, Math.max(blank, 0))
  if (!headers.every((line) => headerLine.test(line) || /^[A-Za-z]{1,20}:$/.test(line))) return undefined
  const body = lines.slice(blank + 1)
  while (body.at(-1) === '') body.pop()
  if (checksumLine.test(body.at(-1) ?? '')) body.pop()
  if (body.length === 0 || !body.every((line) => base64Line.test(line))) return undefined
  return decodeBase64(latin1Bytes(body.join('\n')))
}
