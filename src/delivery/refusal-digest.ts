import { createHash } from 'node:crypto'
import type { Notice } from './send-notice.ts'

/** A mail that was refused, as its recipient is told of it. */
export interface Refused {
  readonly at: Date
  /** Whoever it says it is from, or its envelope sender; '' for the null reverse-path. */
  readonly sender: string
  /** Decoded; '' if there was none. */
  readonly subject: string
}

/** More would not be read. */
const mostListed = 200

/**
 * What was refused to one of our own people on `day` (YYYY-MM-DD, in the time of the house). It is no quarantine: the mails
 * are with their senders, who were told so, and there is nothing here to click on.
 */
export function refusalDigest(recipient: string, day: string, refused: readonly Refused[]): Notice {
  const german = day.split('-').reverse().join('.')
  const who = createHash('sha256').update(recipient).digest('base64url').slice(0, 16)
  const more = refused.length - mostListed
  return {
    to: [recipient],
    subject: `Abgewiesene E-Mails / Refused mail: ${refused.length} (${german})`,
    messageIdLocal: `postsiegel.refused.${day}.${who}`,
    text: [
      `Diese E-Mails an Sie wurden am ${german} vor der Annahme abgewiesen; ihre Absender wissen das. Sie liegen`,
      'nirgends bereit, niemand kann sie freigeben. Wen Sie kennen, dem schreiben Sie: seine nächste E-Mail kommt dann an.',
      '',
      `These messages to you were refused on ${day} before they were accepted; their senders were told. They are kept`,
      'nowhere, and nobody can release them. If you know a sender, write to him: then his next mail will arrive.',
      '',
      ...refused.slice(0, mostListed).flatMap(linesOf),
      ...(more > 0 ? [`… und ${more} weitere / and ${more} more`] : []),
      '',
    ].join('\n'),
  }
}

function linesOf({ at, sender, subject }: Refused): string[] {
  const two = (number: number) => String(number).padStart(2, '0')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`
  return [
    `${time}  ${shown(sender) || 'ohne Absender / no sender'}`,
    `       ${shown(subject) || 'ohne Betreff / no subject'}`,
  ]
}

/** In one line, and so that nothing in it begins lines, turns text around, or becomes something to click on. */
function shown(text: string): string {
  return text
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .replaceAll('://', ': //')
    .replaceAll(/\bwww\./gi, 'www .')
    .trim()
    .slice(0, 200)
}
