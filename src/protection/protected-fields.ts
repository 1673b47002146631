import { authorOf } from '../message/address.ts'
import { parseContentType } from '../message/content-type.ts'
import { fieldsNamed, firstValue, unfold } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { isWritable } from './writable-field.ts'

/** Beside the subject, what a reader is shown of a message and what a reply rests on; no fields of servers, none of ours. */
export const protectableFields = ['To', 'Cc', 'Date', 'Reply-To', 'In-Reply-To', 'References']

/**
 * The fields that the protected `payload` carries for the message (RFC 9788 4.1; `protected-headers` is its
 * forerunner), where they differ from `outer`. Only if it says so itself, and names the same author: else somebody has
 * put another's protected content under his own name. None of ours can be among them, so no mark can be forged this way.
 */
export function protectedFields(
  payload: readonly HeaderField[],
  outer: readonly HeaderField[],
): readonly HeaderField[] {
  const { parameters } = parseContentType(firstValue(payload, 'Content-Type') ?? '').contentType
  const isProtected =
    ['clear', 'cipher'].includes(parameters.get('hp') ?? '') || parameters.get('protected-headers') === 'v1'
  if (!isProtected || addressIn(payload) === undefined || addressIn(payload) !== addressIn(outer)) return []
  return ['Subject', ...protectableFields].flatMap((name) => {
    const [inner, ...more] = fieldsNamed(payload, name)
    if (!inner || more.length > 0 || !isWritable(inner)) return []
    const value = unfold(inner.value).trim()
    const isSame = fieldsNamed(outer, name).length === 1 && value === firstValue(outer, name)
    return isSame || value === '' ? [] : [{ name, value: inner.value }]
  })
}

function addressIn(fields: readonly HeaderField[]): string | undefined {
  const author = authorOf(fields)
  return author.kind === 'author' ? author.address.toLowerCase() : undefined
}
