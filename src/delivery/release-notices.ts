import type { ByteSource } from '../message/byte-source.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import type { Notice } from './send-notice.ts'
import { dateText } from './withheld-text.ts'

/** The mail that brings a held original after its second scan. */
export function releaseNotice(original: HeldOriginal, content: ByteSource): Notice {
  return {
    to: original.recipients,
    subject: `Freigegeben / Released: ${original.fileName}`,
    messageIdLocal: `postsiegel.released.${original.id}`,
    text: [
      `Das Original „${original.fileName}“ aus der E-Mail von ${original.author ?? original.sender}`,
      `vom ${dateText(original.heldAt)} Uhr wurde erneut auf Viren geprüft und liegt bei.`,
      ``,
      `The original "${original.fileName}" of the mail from ${original.author ?? original.sender},`,
      `received ${dateText(original.heldAt)}, was scanned for viruses again and is attached.`,
      ``,
      `Kennung / Identifier: ${original.id}`,
    ].join('\n'),
    attachment: { fileName: original.fileName, content },
  }
}

/** What recipients hear of an original that turned out to be infected: it stays where it is, nothing is deleted. */
export function lockedNotice(original: HeldOriginal): Notice {
  return {
    to: original.recipients,
    subject: `Gesperrt / Locked: ${original.fileName}`,
    messageIdLocal: `postsiegel.locked.${original.id}`,
    text: [
      `In dem Original „${original.fileName}“ aus der E-Mail von ${original.author ?? original.sender}`,
      `vom ${dateText(original.heldAt)} Uhr wurde bei der zweiten Prüfung Schadsoftware gefunden.`,
      `Es bleibt gesperrt. Das PDF, das Sie bekommen haben, ist davon nicht betroffen.`,
      `Bitte wenden Sie sich an Ihren Administrator.`,
      ``,
      `Malware was found in the original "${original.fileName}" at its second scan. It stays`,
      `locked. The PDF that you received is not affected. Please ask your administrator.`,
      ``,
      `Kennung / Identifier: ${original.id}`,
    ].join('\n'),
  }
}
