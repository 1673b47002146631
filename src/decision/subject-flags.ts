import { buildField } from '../message/build-field.ts'
import { decodeText } from '../message/encoded-words.ts'
import { unfold } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'

/** What the sender of a mail may ask for. All but `plain` make it stricter. */
export const flagWords = ['sign', 'encrypt', 'pdf', 'confidential', 'plain'] as const
export type Flag = (typeof flagWords)[number]

export interface SubjectFlags {
  readonly flags: ReadonlySet<Flag>
  /** Words of the field X-Postsiegel that are no flag: a typo there would switch protection off. */
  readonly unknown: readonly string[]
}

/** The field in which a program says what a person writes into the subject: `X-Postsiegel: sign, encrypt`. */
const twin = 'x-postsiegel'

/**
 * What the sender asks for: `[encrypt]`, `[sign pdf]` in brackets at either end of the subject, whatever the case; the same
 * words in X-Postsiegel; Outlook's Sensitivity (RFC 2156 5.3.4) `Private` or `Company-Confidential`.
 */
export function subjectFlags(fields: readonly HeaderField[]): SubjectFlags {
  const flags = new Set<Flag>()
  const unknown: string[] = []
  for (const { name, value } of fields) {
    const text = decodeText(unfold(value))
    switch (name.toLowerCase()) {
      case 'subject':
        for (const flag of splitSubject(text).flags) flags.add(flag)
        break
      case 'sensitivity':
        if (/^\s*(?:private|company-confidential)\s*$/i.test(text)) flags.add('confidential')
        break
      case twin:
        for (const word of wordsOf(text)) {
          if (isFlag(word)) flags.add(word)
          else unknown.push(word)
        }
    }
  }
  return { flags, unknown }
}

/**
 * The fields without flags and without the tags that our own inbound mail has, as they leave: Subject, and Thread-Topic,
 * into which Outlook copies it. Fields without any are the same objects; a subject of nothing else is left out.
 */
export function withoutFlags(fields: readonly HeaderField[]): readonly HeaderField[] {
  return fields.flatMap((field) => {
    if (!/^(?:subject|thread-topic)$/i.test(field.name)) return [field]
    const { text, isShorter } = splitSubject(decodeText(unfold(field.value)))
    if (!isShorter) return [field]
    return text === '' ? [] : [buildField(field.name, text)]
  })
}

/**
 * What inbound mail is tagged with, and what it asks of the answer: whoever answers an encrypted mail quotes it, so the
 * answer must be protected.
 */
const inboundTags: ReadonlyMap<string, readonly Flag[]> = new Map([
  ['encrypted', ['encrypt']],
  ['not decrypted', ['encrypt']],
  ['signed ok', []],
  ['signed invalid', []],
])

/** A bracket at the beginning or the end; nothing in it can be a bracket. */
const bracketFirst = /^\[([^[\]]{1,200})\]\s*/
const bracketLast = /\[([^[\]]{1,200})\]$/
/** What mail programs put in front of answers and forwarded mail. */
const prefix = /^(?:re|aw|antw|sv|wg|fw|fwd|rv|tr)(?:\[\d{1,3}\])?\s?:\s*/i

/**
 * Takes the flags off both ends: at the beginning also behind and between reply prefixes and other brackets, because
 * `AW: [extern] [encrypt] Angebot` is what people see when they answer.
 */
function splitSubject(subject: string): {
  readonly text: string
  readonly flags: readonly Flag[]
  readonly isShorter: boolean
} {
  const removed: (readonly Flag[])[] = []
  const kept: string[] = []
  let rest = visible(subject).trim()
  for (let match = firstOf(rest); match; match = firstOf(rest)) {
    const found = match[1] === undefined ? undefined : flagsOf(match[1])
    if (found) removed.push(found)
    else kept.push(match[0])
    rest = rest.slice(match[0].length)
  }
  const ends: string[] = []
  for (let match = bracketLast.exec(rest); match; match = bracketLast.exec(rest)) {
    const found = flagsOf(match[1] ?? '')
    if (found) removed.push(found)
    else ends.unshift(match[0])
    rest = rest.slice(0, match.index).trimEnd()
  }
  const text = [`${kept.join('')}${rest}`, ...ends].join(' ').trim()
  return { text, flags: removed.flat(), isShorter: removed.length > 0 }
}

/** As its author sees it: what is copied from elsewhere brings invisible characters along, keyboards of Asia wide brackets. */
function visible(text: string): string {
  return text
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll('\uff3b', '[')
    .replaceAll('\uff3d', ']')
}

function firstOf(text: string): RegExpExecArray | null {
  return prefix.exec(text) ?? bracketFirst.exec(text)
}

/** What a bracket asks for; undefined if any word of it is no flag: `[sign here]` is text. */
function flagsOf(inside: string): readonly Flag[] | undefined {
  const words = wordsOf(inside)
  const tag = inboundTags.get(words.join(' '))
  if (tag) return tag
  return words.length > 0 && words.every(isFlag) ? words : undefined
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
}

function isFlag(word: string): word is Flag {
  return (flagWords as readonly string[]).includes(word)
}
