import type { HeaderField } from '../message/header-field.ts'

/**
 * Whether a mail of ours says that somebody here wants to hear from its recipients. A vacation reply, a bounce or a
 * newsletter does not: it would let a stranger earn trust by making a machine answer (RFC 3834 5, RFC 2076 3.9).
 */
export function teaches(sender: string, recipients: number, fields: readonly HeaderField[]): boolean {
  if (sender === '' || recipients > 25) return false
  const value = (name: string) =>
    fields
      .find((field) => field.name.toLowerCase() === name)
      ?.value.trim()
      .toLowerCase()
  const autoSubmitted = value('auto-submitted')
  if (autoSubmitted !== undefined && autoSubmitted !== 'no') return false
  if (['bulk', 'junk', 'list', 'auto_reply'].includes(value('precedence') ?? '')) return false
  if (value('x-auto-response-suppress') !== undefined) return false
  if (value('list-id') !== undefined) return false
  return !value('content-type')?.startsWith('multipart/report')
}
