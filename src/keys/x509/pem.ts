/** A block of RFC 7468: its label, and its text with both armour lines. */
export interface PemBlock {
  readonly label: string
  readonly text: string
}

const begin = '-----BEGIN '
const closing = '-----END '
const dashes = '-----'

/** All PEM blocks of a text in order. What stands between them is explanation (RFC 7468 5.2) and ignored. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  let end = text.indexOf(closing)
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + begin.length)) {
    // Each position is looked for once, so that a text full of openings costs no more than its length.
    if (end >= 0 && end < at) end = text.indexOf(closing, at)
    if (end < 0) break
    const labelEnd = text.indexOf(dashes, at + begin.length)
    const label = text.slice(at + begin.length, labelEnd)
    const lastLine = `${closing}${label}${dashes}`
    if (labelEnd > end || !text.startsWith(lastLine, end)) continue
    blocks.push({ label, text: `${text.slice(at, end + lastLine.length)}\n` })
  }
  return blocks
}

/** The bytes inside the armour. Only for blocks without RFC 1421 headers. */
export function pemContent({ text }: PemBlock): Buffer {
  return Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64')
}
