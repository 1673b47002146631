import { fieldsNamed, unfold } from './header.ts'
import type { HeaderField } from './header-field.ts'

/** RFC 5322 3.6.4, as loose as senders are; a line has at most 998 characters (2.1.1). */
const messageId = /<[^<>\s]{1,996}>/g
const mostReferences = 10
const mostInReplyTo = 3
/** Longer than ten of the longest identifiers: fifty thousand references cost no more than eleven. */
const mostText = 16_384

/** What a message says it answers, with angle brackets: the first of In-Reply-To, the last of References. */
export function answeredMessageIds(fields: readonly HeaderField[]): readonly string[] {
  const inReplyTo = idsIn(fields, 'In-Reply-To', (text) => text.slice(0, mostText)).slice(0, mostInReplyTo)
  const references = idsIn(fields, 'References', (text) => text.slice(-mostText)).slice(-mostReferences)
  return [...new Set([...inReplyTo, ...references])]
}

/** The identifier of a message itself, if it has a single one. */
export function ownMessageId(fields: readonly HeaderField[]): string | undefined {
  const [id, ...more] = idsIn(fields, 'Message-ID', (text) => text.slice(0, mostText))
  return more.length === 0 ? id : undefined
}

/** Of several fields of a name, which there should not be, the last counts. */
function idsIn(
  fields: readonly HeaderField[],
  name: string,
  bounded: (text: string) => string,
): readonly string[] {
  const value = fieldsNamed(fields, name).at(-1)?.value
  return value === undefined ? [] : (unfold(bounded(value)).match(messageId) ?? [])
}
