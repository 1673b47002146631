import { fieldsNamed } from './header.ts'
import type { HeaderField } from './header-field.ts'

/** Whether a message says of itself that it goes to many (RFC 2919, 2369, 2076 3.9): honest lists and newsletters do. */
export function isBulk(fields: readonly HeaderField[]): boolean {
  const isListed = ['List-Id', 'List-Unsubscribe', 'List-Post'].some(
    (name) => fieldsNamed(fields, name).length > 0,
  )
  const precedence = fieldsNamed(fields, 'Precedence').map(({ value }) => value.trim().toLowerCase())
  return isListed || precedence.some((value) => ['bulk', 'list', 'junk'].includes(value))
}
