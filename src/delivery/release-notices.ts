import type { ByteSource } from '../message/byte-source.ts'
import { shownFileName } from '../message/shown-file-name.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import type { Notice } from './send-notice.ts'
import { dateText } from './withheld-text.ts'

/** The mail that brings a held original after its second scan. */
export function releaseNotice(original: HeldOriginal, content: ByteSource): Notice {
  return {
    ...aboutMail(original),
    subject: `Freigegeben / Released: ${nameOf(original)}`,
    messageIdLocal: `postsiegel.released.${original.id}`,
    text: [
      `Das Original „${nameOf(original)}“ aus der E-Mail von ${original.author ?? original.sender}`,
      `vom ${dateText(original.heldAt)} Uhr wurde erneut auf Viren geprüft und liegt bei.`,
      ``,
      `The original "${nameOf(original)}" of the mail from ${original.author ?? original.sender},`,
      `received ${dateText(original.heldAt)}, was scanned for viruses again and is attached.`,
      ``,
      ...identity(original),
    ].join('\n'),
    attachment: { fileName: nameOf(original), content },
  }
}

/** For recipients who do not get the file itself: that it is free now, and how to get it. */
export function availableNotice(original: HeldOriginal, keptUntil: Date | undefined): Notice {
  const until = keptUntil ? dateText(keptUntil) : ''
  return {
    ...aboutMail(original),
    subject: `Freigegeben / Released: ${nameOf(original)}`,
    messageIdLocal: `postsiegel.available.${original.id}`,
    text: [
      `Das Original „${nameOf(original)}“ aus der E-Mail von ${original.author ?? original.sender}`,
      `vom ${dateText(original.heldAt)} Uhr wurde erneut auf Viren geprüft und ist freigegeben.`,
      ...(until === '' ? [] : [`Ihr Administrator kann es Ihnen bis ${until} Uhr geben:`]),
      ...(until === '' ? [] : [`  postsiegel hold fetch ${original.id} --output DATEI`]),
      ``,
      `The original "${nameOf(original)}" of the mail from ${original.author ?? original.sender},`,
      `received ${dateText(original.heldAt)}, was scanned for viruses again and is released.`,
      ...(until === '' ? [] : [`Your administrator can give it to you until ${until}, see above.`]),
      ``,
      ...identity(original),
    ].join('\n'),
  }
}

/** What recipients hear of an original that turned out to be infected: it stays where it is, nothing is deleted. */
export function lockedNotice(original: HeldOriginal): Notice {
  return {
    ...aboutMail(original),
    subject: `Gesperrt / Locked: ${nameOf(original)}`,
    messageIdLocal: `postsiegel.locked.${original.id}`,
    text: [
      `In dem Original „${nameOf(original)}“ aus der E-Mail von ${original.author ?? original.sender}`,
      `vom ${dateText(original.heldAt)} Uhr wurde bei der zweiten Prüfung Schadsoftware gefunden.`,
      `Es bleibt gesperrt. Das PDF, das Sie bekommen haben, ist davon nicht betroffen.`,
      `Bitte wenden Sie sich an Ihren Administrator.`,
      ``,
      `Malware was found in the original "${nameOf(original)}" at its second scan. It stays`,
      `locked. The PDF that you received is not affected. Please ask your administrator.`,
      ``,
      ...identity(original),
    ].join('\n'),
  }
}

/** What the administrator hears of an infected original, with all that is needed to find who else got mail like it. */
export function lockedReport(original: HeldOriginal, postmaster: string): Notice {
  const { id, author, sender, recipients, heldAt, secondScan, sha256 } = original
  return {
    to: [postmaster],
    subject: `Original gesperrt / locked: ${id}`,
    messageIdLocal: `postsiegel.locked-report.${id}`,
    text: [
      `Die zweite Prüfung fand Schadsoftware in einem zurückgehaltenen Original. Es bleibt gesperrt, bis jemand es löscht.`,
      `The second scan found malware in a held original. It stays locked until somebody deletes it.`,
      ``,
      `gefunden / found:          ${secondScan?.found ?? ''}`,
      `Signaturen / signatures:   ${secondScan?.signatures ?? ''}`,
      `Datei / file:              ${nameOf(original)}`,
      `SHA-256:                   ${sha256 ?? ''}`,
      `von / from:                ${author ?? ''} (${sender})`,
      `an / to:                   ${recipients.join(', ')}`,
      `angekommen / received:     ${dateText(heldAt)}`,
      ``,
      `postsiegel hold show ${id}`,
      `postsiegel hold delete ${id} --reason TEXT`,
    ].join('\n'),
  }
}

/** What the administrator hears when originals cannot be released for long: once a day, whatever their number. */
export function stuckReport(original: HeldOriginal, reason: string, postmaster: string, now: Date): Notice {
  return {
    to: [postmaster],
    subject: 'Originale nicht freigegeben / originals not released',
    messageIdLocal: `postsiegel.stuck.${now.toISOString().slice(0, 10)}`,
    text: [
      `Mindestens ein zurückgehaltenes Original konnte nicht freigegeben werden. Es bleibt gesperrt und wird weiter versucht.`,
      `At least one held original could not be released. It stays locked and is tried again.`,
      ``,
      `${original.id}: ${reason}`,
      ``,
      `postsiegel status`,
      `postsiegel hold list`,
    ].join('\n'),
  }
}

/** Mail programs show the notice beside the mail it is about (RFC 5322 3.6.4). */
function aboutMail({ recipients, messageId }: HeldOriginal): Pick<Notice, 'to' | 'inReplyTo'> {
  // A Message-ID comes from outside: what is none would be folded or broken up.
  return /^<[\x21-\x3b\x3d\x3f-\x7e]{3,900}>$/.test(messageId)
    ? { to: recipients, inReplyTo: messageId }
    : { to: recipients }
}

/**
 * Which mail it belongs to. The MTA may have failed behind our answer and the sender given up: then nobody here ever
 * saw that mail, and has to be told that this is about none of his.
 */
const identity = ({ id }: HeldOriginal) => [
  `Haben Sie diese E-Mail nie erhalten, hat der Absender ihren Versand abgebrochen.`,
  `If you never received that mail, its sender gave up sending it.`,
  ``,
  `Kennung / Identifier: ${id}`,
]

/** The name comes from outside: it must not write lines of its own into a notice. */
function nameOf({ fileName, office }: HeldOriginal): string {
  return shownFileName(fileName) ?? `Dokument.${office}`
}
