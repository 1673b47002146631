import type { SmtpReply } from '../failure.ts'
import { nulTerminated, writePacket } from './write-packet.ts'

/** RFC 5321 4.5.3.1.5: a reply line has at most 512 octets with CRLF. libmilter would take 980. */
const maxLineBytes = 510
const maxLines = 32

/**
 * SMFIR_REPLYCODE: an SMTP reply of our own. Strict multi-line form (RFC 5321 4.2.1), which newer Postfix insists on:
 * a dash on all lines but the last, CRLF between and none at the end. Without the NUL Postfix 3.7 leaks old buffer
 * bytes to the client. Throws RangeError on codes other than 4xx and 5xx or an enhanced code of another class,
 * because Postfix would switch the filter off for the session.
 */
export function writeReply({ code, enhancedStatus, lines }: SmtpReply): Buffer {
  const status = /^([45])\.\d{1,3}\.\d{1,3}$/.exec(enhancedStatus)
  if (!Number.isInteger(code) || status === null || Math.floor(code / 100) !== Number(status[1])) {
    throw new RangeError(`SMTP reply ${code} ${enhancedStatus}`)
  }
  const textBytes = maxLineBytes - `${code}-${enhancedStatus} `.length
  const texts = lines.flatMap((line) => wrap(harmless(line), textBytes)).slice(0, maxLines)
  if (texts.length === 0) texts.push('')
  const reply = texts.map(
    (text, at) => `${code}${at < texts.length - 1 ? '-' : ' '}${enhancedStatus} ${text}`,
  )
  return writePacket('y', nulTerminated(reply.join('\r\n')))
}

/** Printable ASCII only, and `%` doubled: Sendmail formats the text, Postfix drops a single one. */
function harmless(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .replaceAll('%', '%%')
}

/** Breaks at spaces where there are any; never between the two halves of `%%`. */
function wrap(text: string, width: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    let end = space > 0 ? space : width
    if (space <= 0 && (/%*$/.exec(rest.slice(0, end))?.[0].length ?? 0) % 2 === 1) end--
    pieces.push(rest.slice(0, end))
    rest = space > 0 ? rest.slice(end + 1) : rest.slice(end)
  }
  return [...pieces, rest]
}
