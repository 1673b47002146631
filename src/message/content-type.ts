import { decodeText } from './encoded-words.ts'
import { unfold } from './header.ts'
import { decoderFor, latin1Bytes, textOfBytes } from './latin1.ts'
import type { ContentType } from './mime-part.ts'

/** A value with parameters, and the places in it that readers understand differently (names as in MimeTree). */
export interface ParsedParameters {
  /** What stands before the first semicolon, lower-cased, without comments. */
  readonly first: string
  readonly parameters: ReadonlyMap<string, string>
  /** The boundary's bytes as latin1, never decoded: it is compared with bytes of the body. */
  readonly boundary: string | undefined
  readonly ambiguities: readonly string[]
}

// RFC 2045 5.1; RFC 6838 4.2 allows 127 characters.
const token = /^[!#-'*+.\w^`{|}~-]{1,127}$/

/** RFC 2045 5.2: what a body is when its header does not say, or says it in no known syntax. */
const plainText = { type: 'text', subtype: 'plain' } as const

/** The value of a Content-Type field; malformed ones count as text/plain and keep their parameters. */
export function parseContentType(value: string): ParsedParameters & { readonly contentType: ContentType } {
  const parsed = parseParameters(value)
  const [type, subtype, ...more] = parsed.first.split('/').map((piece) => piece.trim())
  if (type && subtype && more.length === 0 && token.test(type) && token.test(subtype)) {
    return { ...parsed, contentType: { type, subtype, parameters: parsed.parameters } }
  }
  return {
    ...parsed,
    ambiguities: [...parsed.ambiguities, 'malformed-content-type'],
    contentType: { ...plainText, parameters: parsed.parameters },
  }
}

interface RawParameter {
  readonly name: string
  readonly value: string
}

/** Splits a field value such as that of Content-Type or Content-Disposition (RFC 2045 5.1, 2183, 2231). */
export function parseParameters(value: string): ParsedParameters {
  const ambiguities = new Set<string>()
  const text = unfold(value)
  const [first, ...raw] = segmentsOf(text, ambiguities)
  const plain = new Map<string, string>()
  const extended = new Map<string, Extended>()
  let boundary: string | undefined
  for (const { name, value: content } of raw) {
    const star = name.indexOf('*')
    if (star > 0) {
      collectExtended(extended, name, star, content, ambiguities)
      continue
    }
    if (name === 'boundary') boundary ??= content
    // The first of two counts here; other programs take the last.
    if (plain.has(name)) ambiguities.add(name === 'boundary' ? 'duplicate-boundary' : 'duplicate-parameter')
    else plain.set(name, name === 'boundary' ? content : textOfParameter(content))
  }
  const parameters = new Map(plain)
  for (const [name, parts] of extended) {
    const joined = joinExtended(parts, ambiguities)
    if (name === 'boundary') {
      ambiguities.add('boundary-in-pieces')
      boundary ??= joined.raw
    }
    const other = plain.get(name)
    if (other !== undefined && other !== joined.text) {
      ambiguities.add(name === 'boundary' ? 'duplicate-boundary' : 'differing-parameter-forms')
    }
    if (name !== 'boundary' || other === undefined) parameters.set(name, joined.text)
  }
  return { first: first?.value.toLowerCase() ?? '', parameters, boundary, ambiguities: [...ambiguities] }
}

/** The pieces between semicolons: the first without a name, the others as name and value, in one pass. */
function segmentsOf(text: string, ambiguities: Set<string>): readonly RawParameter[] {
  const segments: RawParameter[] = []
  let at = 0
  while (at <= text.length) {
    const segment = readSegment(text, at, segments.length > 0, ambiguities)
    at = segment.next
    if (segments.length === 0 || segment.name !== '' || segment.value !== '') segments.push(segment)
    if (segments.length > 1 && segment.name === '' && segment.value !== '') {
      ambiguities.add('malformed-parameter')
      segments.pop()
    }
  }
  return segments
}

function readSegment(
  text: string,
  start: number,
  named: boolean,
  ambiguities: Set<string>,
): RawParameter & { readonly next: number } {
  let name = ''
  let value = ''
  let isNamed = !named
  let isQuoted = false
  let isEmpty = true
  let comment = false
  let at = start
  for (; at < text.length && text[at] !== ';'; at += 1) {
    const character = text[at] ?? ''
    // A parenthesis inside an unquoted value, as in name=Report(1).pdf, is part of it for most programs.
    const opensComment = character === '(' && (isEmpty || isBlank(text[at - 1]))
    if (opensComment) {
      comment = true
      at = endOfComment(text, at)
    } else if (!isNamed && character === '=') {
      name = value.trim().toLowerCase()
      value = ''
      isEmpty = true
      isNamed = true
    } else if (isNamed && named && character === '"' && isEmpty) {
      const quoted = readQuoted(text, at)
      if (!quoted.closed) ambiguities.add('malformed-parameter')
      value = quoted.value
      isQuoted = true
      isEmpty = false
      at = quoted.last
    } else if (isQuoted) {
      // Behind the closing quote nothing but blanks belongs here.
      if (!isBlank(character)) ambiguities.add('malformed-parameter')
    } else {
      value += character
      isEmpty &&= isBlank(character)
    }
  }
  if (comment && named)
    ambiguities.add(name === 'boundary' ? 'boundary-with-comment' : 'comment-in-parameter')
  if (!isQuoted) {
    value = value.trim()
    if (named && isNamed && /[ \t"]/.test(value)) ambiguities.add('malformed-parameter')
  }
  return { name: isNamed ? name : '', value, next: at + 1 }
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

/** The index of the parenthesis that ends the comment, or of the last character (RFC 5322 3.2.2). */
function endOfComment(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (character === '\\') at += 1
    else if (character === '(') depth += 1
    else if (character === ')') {
      depth -= 1
      if (depth === 0) return at
    }
  }
  return text.length - 1
}

function readQuoted(text: string, start: number): { value: string; last: number; closed: boolean } {
  let value = ''
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '"') return { value, last: at, closed: true }
    // Programs that write "C:\TEMP\a.png" escape nothing; only these two need an escape (RFC 5322 3.2.4).
    if (character === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) {
      at += 1
      value += text[at] ?? ''
    } else {
      value += character
    }
  }
  return { value, last: text.length - 1, closed: false }
}

interface Extended {
  charset: string | undefined
  /** By section number; the text still percent-encoded where `encoded`. */
  readonly sections: Map<number, { readonly text: string; readonly encoded: boolean }>
}

/** `name*`, `name*0`, `name*0*` (RFC 2231 3, 4). */
function collectExtended(
  extended: Map<string, Extended>,
  name: string,
  star: number,
  value: string,
  ambiguities: Set<string>,
): void {
  const match = /^\*(?:([0-9]{1,4})(\*)?)?$/.exec(name.slice(star))
  if (!match) {
    ambiguities.add('malformed-parameter')
    return
  }
  const base = name.slice(0, star)
  const encoded = match[1] === undefined || match[2] !== undefined
  const section = Number(match[1] ?? 0)
  const entry = extended.get(base) ?? { charset: undefined, sections: new Map() }
  extended.set(base, entry)
  if (entry.sections.has(section)) {
    ambiguities.add('duplicate-parameter')
    return
  }
  const withCharset = section === 0 && encoded ? /^([^']*)'[^']*'/.exec(value) : null
  if (withCharset) entry.charset = withCharset[1]
  entry.sections.set(section, { text: withCharset ? value.slice(withCharset[0].length) : value, encoded })
}

function joinExtended(entry: Extended, ambiguities: Set<string>): { text: string; raw: string } {
  let raw = ''
  let anyEncoded = false
  let count = 0
  for (; entry.sections.has(count); count += 1) {
    const section = entry.sections.get(count)
    anyEncoded ||= section?.encoded === true
    raw += section?.encoded ? percentDecoded(section.text) : (section?.text ?? '')
  }
  // A gap: some programs stop there, some skip it.
  if (count < entry.sections.size) ambiguities.add('malformed-parameter')
  if (!anyEncoded) return { text: textOfParameter(raw), raw }
  const decoder = entry.charset ? decoderFor(entry.charset) : undefined
  return { text: decoder ? decoder.decode(latin1Bytes(raw)) : textOfBytes(latin1Bytes(raw)), raw }
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** RFC 2047 5 forbids encoded words in parameters; Outlook and others write file names so all the same. */
function textOfParameter(value: string): string {
  return value.includes('=?') || /[\x80-\xff]/.test(value) ? decodeText(value) : value
}
