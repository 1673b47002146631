import type { MimePart } from '../message/mime-part.ts'

/** RFC 5546 1.4: what an organiser and those invited send each other; PUBLISH is for everybody to read. */
const methods = /^(?:request|reply|cancel|counter|declinecounter|add|refresh)$/i

/**
 * Whether mail programs take a message for an invitation, or an answer to one: a text/calendar with a method (RFC 6047
 * 2.4) among its texts. A file that is attached, or stands in an attached message, makes none.
 */
export function isCalendarMessage(root: MimePart): boolean {
  const { type, subtype, parameters } = root.contentType
  if (type === 'multipart') return root.children.some(isCalendarMessage)
  return (
    type === 'text' &&
    subtype === 'calendar' &&
    root.disposition !== 'attachment' &&
    methods.test(parameters.get('method') ?? '')
  )
}
