import { PermanentFailure } from '../failure.ts'
import { encodeWords } from './encoded-words.ts'
import type { HeaderField } from './header-field.ts'
import { latin1, utf8AsLatin1 } from './latin1.ts'

// RFC 5322 2.1.1: 78 characters on a line should not be exceeded, 998 must not.
const preferredLine = 78
const longestLine = 998

/** An address with what is shown for it. */
export interface NamedAddress {
  readonly name?: string | undefined
  /** `local@domain` as `Mailbox.address` gives it. */
  readonly address: string
}

/**
 * A field of free text (Subject, Comments, ours): encoded by RFC 2047 where it is not ASCII, folded. Line ends and NUL
 * in the text are refused: they would let whoever wrote the text add fields of his own.
 */
export function buildField(name: string, text: string): HeaderField {
  const trimmed = text.trim()
  // "=?" in plain text would be taken for an encoded word; runs beyond the line limit cannot be folded.
  const plain = isPrintable(trimmed) && !trimmed.includes('=?') && !/[^ \t]{450}|[ \t]{450}/.test(trimmed)
  refuseControls(trimmed)
  return structuredField(name, plain ? trimmed : encodeWords(trimmed))
}

/** A field of our own syntax that is ASCII already (or UTF-8 as latin1 by RFC 6532); folded at its blanks only. */
export function structuredField(name: string, value: string): HeaderField {
  if (!/^[!-9;-~]+$/.test(name))
    throw new PermanentFailure('6.0', 'A header field would have an invalid name')
  refuseControls(value)
  const folded = fold(` ${value.trim()}`, name.length + 1)
  if (folded.split('\r\n').some((line) => line.length > longestLine - name.length - 1)) {
    throw new PermanentFailure('6.0', `A line of the header field ${name} would be too long`)
  }
  return { name, value: folded }
}

/** From, To, Reply-To and the like (RFC 5322 3.6.2, 3.6.3). */
export function addressField(name: string, addresses: readonly NamedAddress[]): HeaderField {
  const items = addresses.map(({ name: shown, address }) => {
    refuseControls(address)
    const onWire = utf8AsLatin1(address)
    return shown?.trim() ? `${phrase(shown.trim())} <${onWire}>` : onWire
  })
  return structuredField(name, items.join(', '))
}

/** `Content-Type: type/subtype` with its parameters (RFC 2045 5.1, RFC 2231). */
export function contentTypeField(
  type: string,
  parameters: ReadonlyMap<string, string> = new Map(),
): HeaderField {
  return parameterField('Content-Type', type, parameters)
}

/** RFC 2183; the file name as RFC 2231 where it is not ASCII. */
export function contentDispositionField(
  disposition: 'inline' | 'attachment',
  fileName?: string,
): HeaderField {
  const parameters = new Map(fileName === undefined ? [] : [['filename', fileName]])
  return parameterField('Content-Disposition', disposition, parameters)
}

function parameterField(name: string, first: string, parameters: ReadonlyMap<string, string>): HeaderField {
  if (!/^[!#-'*+./\w^`{|}~-]+$/.test(first)) throw new PermanentFailure('6.0', `${name} would be malformed`)
  const pieces = [...parameters].flatMap(([key, value]) => parameter(key, value))
  let folded = ` ${first}`
  let column = name.length + 1 + folded.length
  for (const piece of pieces) {
    // Only between parameters: a fold inside a quoted boundary is legal and breaks some readers.
    const sameLine = column + 2 + piece.length < preferredLine
    folded += sameLine ? `; ${piece}` : `;\r\n ${piece}`
    column = sameLine ? column + 2 + piece.length : 1 + piece.length
  }
  return { name, value: folded }
}

// Keeps `name*12*=` and its segment within one line.
const segmentLimit = 60

function parameter(name: string, value: string): readonly string[] {
  if (!/^[\w-]{1,40}$/.test(name)) throw new PermanentFailure('6.0', 'A parameter would have an invalid name')
  refuseControls(value)
  // RFC 2046 5.1.1: a boundary may have 70 characters and is never split.
  const whole = value.length <= segmentLimit || (name === 'boundary' && value.length <= 70)
  if (isPrintable(value) && whole) {
    const isToken = /^[!#$%&'*+.^\w`{|}~-]+$/.test(value)
    return [`${name}=${isToken ? value : quoted(value)}`]
  }
  const segments = ['']
  for (const character of value) {
    const encoded = percentEncoded(character)
    if ((segments.at(-1) ?? '').length + encoded.length > segmentLimit) segments.push('')
    segments[segments.length - 1] += encoded
  }
  const only = segments.length === 1
  return segments.map(
    (segment, index) => `${name}*${only ? '' : `${index}*`}=${index === 0 ? "UTF-8''" : ''}${segment}`,
  )
}

/** RFC 2231 7: everything but attribute-char. */
function percentEncoded(character: string): string {
  if (/^[A-Za-z0-9!#$&+.^_`{|}~-]$/.test(character)) return character
  return [...latin1(new TextEncoder().encode(character))]
    .map((byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}

function phrase(text: string): string {
  refuseControls(text)
  if (!isPrintable(text) || text.includes('=?') || text.length > 200) return encodeWords(text)
  return /^[\w!#$%&'*+/=?^`{|}~ -]+$/.test(text) ? text : quoted(text)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function isPrintable(text: string): boolean {
  return /^[ -~]*$/.test(text)
}

function refuseControls(text: string): void {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if ((code < 0x20 && code !== 9) || code === 0x7f) {
      throw new PermanentFailure(
        '6.0',
        'A header field would contain a line break or another control character',
      )
    }
  }
}

/**
 * Breaks lines before runs of blanks, so that no line consists of blanks only (RFC 5322 3.2.2). `column` is where the
 * value begins on its first line.
 */
function fold(value: string, column: number): string {
  const pieces = value.match(/[ \t]+[^ \t]+/g) ?? []
  let folded = ''
  let width = column
  for (const piece of pieces) {
    const breaks = folded !== '' && width + piece.length > preferredLine
    folded += breaks ? `\r\n${piece}` : piece
    width = breaks ? piece.length : width + piece.length
  }
  return folded
}
