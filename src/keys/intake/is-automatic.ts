import { fieldsNamed, firstValue, unfold } from '../../message/header.ts'
import type { HeaderField } from '../../message/header-field.ts'

/**
 * Whether a program wrote a mail, or a list passed it on: such mail is never answered, or two programs could go on for ever
 * (RFC 3834 2). `sender` is the envelope sender, '' the null reverse-path.
 */
export function isAutomatic(sender: string, fields: readonly HeaderField[]): boolean {
  const value = (name: string) =>
    unfold(firstValue(fields, name) ?? '')
      .trim()
      .toLowerCase()
  const submitted = value('Auto-Submitted')
  const has = (name: string) => fieldsNamed(fields, name).length > 0
  return (
    sender === '' ||
    /^(?:mailer-daemon|owner-[^@]*|[^@]*-(?:request|bounces?)|no-?reply)@/i.test(sender) ||
    (submitted !== '' && !/^no(?:[\s;(]|$)/.test(submitted)) ||
    /^(?:bulk|list|junk|auto_reply)\b/.test(value('Precedence')) ||
    /^multipart\/report\b/.test(value('Content-Type')) ||
    ['List-Id', 'List-Unsubscribe', 'List-Post', 'X-Autoreply', 'X-Autorespond'].some(has)
  )
}
