import type { HeaderField } from '../message/header-field.ts'

/** Who sends a mail of ours, and whose domains are ours. */
export interface OwnSender {
  /** Envelope sender and author, as addresses; undefined where there is none. */
  readonly sender: string | undefined
  readonly author: string | undefined
  /** Lower-case A-labels. */
  readonly ownDomains: readonly string[]
}

/** Accounts behind which is a machine, by their usual names (RFC 2142 knows some). */
const robot =
  /^(?:(?:no|not|non)[-._]?(?:reply|response)|do[-._]?not[-._]?reply|mailer-daemon|postmaster|bounces?|news(?:letter)?|mailings?|notifications?|alerts?|monitoring|nagios|cron|daemon|root|www(?:-data)?|apache|nginx|wordpress|backup|scanner?|kopierer|drucker|printer|fax|vacation|autoreply|auto-?responder)(?:[-+._].*)?$/i

/**
 * Whether a mail of ours says that somebody here wants to hear from its recipients. A vacation reply, a bounce, a redirected mail of
 * somebody else or a newsletter does not: it would let a stranger earn trust by making a machine answer (RFC 3834 5, RFC 2076 3.9).
 */
export function teaches({ sender, author, ownDomains }: OwnSender, fields: readonly HeaderField[]): boolean {
  const isOwn = (address: string | undefined) =>
    address !== undefined && ownDomains.includes(address.slice(address.lastIndexOf('@') + 1).toLowerCase())
  if (sender === undefined || !isOwn(sender) || !isOwn(author)) return false
  if (robot.test(sender.slice(0, sender.lastIndexOf('@')))) return false
  const value = (name: string) =>
    fields
      .find((field) => field.name.toLowerCase() === name)
      ?.value.trim()
      .toLowerCase()
  const autoSubmitted = value('auto-submitted')
  if (autoSubmitted !== undefined && !/^no\b/.test(autoSubmitted)) return false
  if (['bulk', 'junk', 'list', 'auto_reply'].includes(value('precedence') ?? '')) return false
  const marks = ['x-auto-response-suppress', 'x-autoreply', 'x-autorespond', 'list-id', 'list-unsubscribe']
  if (marks.some((name) => value(name) !== undefined)) return false
  return !/^multipart\/report\b/.test(value('content-type') ?? '')
}
