import { decodeBase64 } from './base64.ts'
import { type Decoder, decoderFor, latin1, latin1Bytes, textOfBytes } from './latin1.ts'

// RFC 2047 2: charset, optionally with a language (RFC 2231 5), encoding, text without blanks or question marks.
const encodedWord = /=\?([^?\s]{1,60})\?([bBqQ])\?([^?\s]*)\?=/g

/**
 * Text of an unfolded field value for people: encoded words and raw 8-bit bytes decoded, control characters made
 * blanks. What cannot be decoded stays as it is. Never parse the result: it may contain anything.
 */
export function decodeText(value: string): string {
  const pieces: (string | Word)[] = []
  let end = 0
  for (const match of value.matchAll(encodedWord)) {
    const [whole, charset = '', encoding = '', text = ''] = match
    const word = wordOf(charset, encoding, text)
    if (!word) continue
    const between = value.slice(end, match.index)
    const last = pieces.at(-1)
    // RFC 2047 6.2: white space between adjacent encoded words is not shown.
    const adjacent = typeof last === 'object' && /^[ \t]*$/.test(between)
    if (!adjacent) pieces.push(between)
    // Some programs split a character between two words; joining their bytes first repairs it.
    if (adjacent && last.charset === word.charset) last.parts.push(...word.parts)
    else pieces.push(word)
    end = match.index + whole.length
  }
  pieces.push(value.slice(end))
  const text = pieces.map((piece) => (typeof piece === 'string' ? rawText(piece) : wordText(piece))).join('')
  return withoutControls(text)
}

interface Word {
  readonly charset: string
  readonly decoder: Decoder
  readonly parts: Uint8Array[]
}

function wordOf(charset: string, encoding: string, text: string): Word | undefined {
  const name = (charset.split('*')[0] ?? '').toLowerCase()
  const decoder = decoderFor(name)
  if (!decoder) return undefined
  const bytes = encoding.toLowerCase() === 'b' ? decodeBase64(latin1Bytes(text)) : decodeQ(text)
  return { charset: name, decoder, parts: [bytes] }
}

function wordText({ decoder, parts }: Word): string {
  let text = ''
  for (const part of parts) text += decoder.decode(part, { stream: true })
  return text + decoder.decode()
}

function rawText(text: string): string {
  return /[\x80-\xff]/.test(text) ? textOfBytes(latin1Bytes(text)) : text
}

function withoutControls(text: string): string {
  let clean = ''
  for (const character of text) {
    const code = character.charCodeAt(0)
    clean += (code < 0x20 && code !== 9) || (code >= 0x7f && code < 0xa0) ? ' ' : character
  }
  return clean
}

/** RFC 2047 4.2. */
function decodeQ(text: string): Uint8Array {
  const plain = text
    .replace(/_/g, ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return latin1Bytes(plain)
}

// RFC 2047 2: an encoded word has at most 75 characters; "=?UTF-8?Q?" and "?=" take 12 of them.
const wordTextLimit = 75 - 12

/** Encoded words (UTF-8, the Q encoding) for `text`, parted by blanks; each shows whole characters (RFC 2047 5). */
export function encodeWords(text: string): string {
  const words: string[] = []
  let current = ''
  for (const character of text) {
    const encoded = qEncoded(character)
    if (current.length + encoded.length > wordTextLimit) {
      words.push(current)
      current = ''
    }
    current += encoded
  }
  words.push(current)
  return words.map((word) => `=?UTF-8?Q?${word}?=`).join(' ')
}

function qEncoded(character: string): string {
  if (character === ' ') return '_'
  // RFC 2047 5 (3): what is safe in a phrase is safe everywhere.
  if (/^[A-Za-z0-9!*+/-]$/.test(character)) return character
  return [...latin1(new TextEncoder().encode(character))]
    .map((byte) => `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}
