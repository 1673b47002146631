import type { HeaderField } from './header-field.ts'
import { latin1, latin1Bytes } from './latin1.ts'

export interface ParsedHeader {
  readonly fields: readonly HeaderField[]
  /** Names as in MimeTree: places where readers of this header could disagree. */
  readonly ambiguities: readonly string[]
}

// RFC 5322 3.6.8: printable ASCII without the colon; blanks before the colon are obsolete syntax (4.5).
const nameAndColon = /^([!-9;-~]{1,1000})([ \t]{0,1000}):/

/**
 * The fields of a header block, with or without its final blank line, CRLF or LF. Lines that are no field are left
 * out and reported; a value keeps its bytes and folds as they came.
 */
export function parseHeader(block: Uint8Array): ParsedHeader {
  const text = latin1(block)
  const fields: { name: string; value: string }[] = []
  const ambiguities = new Set<string>()
  let at = 0
  while (at < text.length) {
    const lineFeed = text.indexOf('\n', at)
    const next = lineFeed < 0 ? text.length : lineFeed + 1
    const line = text.slice(at, lineFeed < 0 ? text.length : endOfText(text, at, lineFeed))
    const lineEndOfPrevious = text.slice(at - 2, at) === '\r\n' ? '\r\n' : '\n'
    at = next
    if (line === '') break
    if (line.startsWith(' ') || line.startsWith('\t')) {
      const last = fields.at(-1)
      if (line.trim() === '') ambiguities.add('blank-looking-header-line')
      if (last) last.value += lineEndOfPrevious + line
      else ambiguities.add('header-starts-with-continuation')
      continue
    }
    const match = nameAndColon.exec(line)
    if (!match?.[1]) {
      ambiguities.add('header-line-without-colon')
      // A continuation belongs to this line, not to the field before it.
      while (text[at] === ' ' || text[at] === '\t') {
        const end = text.indexOf('\n', at)
        at = end < 0 ? text.length : end + 1
      }
      continue
    }
    if (match[2]) ambiguities.add('blank-before-colon')
    fields.push({ name: match[1], value: line.slice(match[0].length) })
  }
  for (const { value } of fields) {
    for (let position = 0; position < value.length; position += 1) {
      const code = value.charCodeAt(position)
      if (code >= 0x80) ambiguities.add('eight-bit-header')
      else if (code === 0) ambiguities.add('nul-in-header')
    }
  }
  return { fields, ambiguities: [...ambiguities] }
}

function endOfText(text: string, start: number, lineFeed: number): number {
  return lineFeed > start && text[lineFeed - 1] === '\r' ? lineFeed - 1 : lineFeed
}

/** All fields of a name, in order; names are compared without case (RFC 5322 1.2.2). */
export function fieldsNamed(fields: readonly HeaderField[], name: string): readonly HeaderField[] {
  const wanted = name.toLowerCase()
  return fields.filter((field) => field.name.toLowerCase() === wanted)
}

/** The value of the first field of a name, unfolded and trimmed, still latin1. */
export function firstValue(fields: readonly HeaderField[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  const found = fields.find((field) => field.name.toLowerCase() === wanted)
  return found && unfold(found.value).trim()
}

/** RFC 5322 2.2.3: a line end before white space is removed; other line ends and NUL become blanks. */
export function unfold(value: string): string {
  return value.replace(/\r?\n(?=[ \t])/g, '').replace(/[\r\n\0]/g, ' ')
}

/** The fields on the wire, with CRLF wherever a line ends, without the blank line. */
export function headerBytes(fields: readonly HeaderField[]): Uint8Array {
  return latin1Bytes(
    fields.map(({ name, value }) => `${name}:${value.replace(/\r?\n/g, '\r\n')}\r\n`).join(''),
  )
}
