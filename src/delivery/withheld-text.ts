import type { ConversionResult } from '../converter/converter.ts'
import type { OfficeAttachment } from '../message/facts.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'

/** What a recipient reads in place of an Office file: what was withheld, why, until when, how to get it (L-08). */
export function withheldText(
  attachment: OfficeAttachment,
  held: HeldOriginal,
  conversion: ConversionResult,
  telephone: string,
): string {
  const until = dateText(held.releaseAt)
  const name = attachment.fileName
  const german =
    conversion.kind === 'converted'
      ? `Die Datei „${name}“ liegt als PDF bei.${conversion.cut ? ` Das PDF zeigt nur die ersten ${conversion.pages} Seiten.` : ''}`
      : `Von der Datei „${name}“ konnte kein PDF erstellt werden (${germanReasons[conversion.reason]}).`
  const english =
    conversion.kind === 'converted'
      ? `The file "${name}" is attached as a PDF.${conversion.cut ? ` The PDF shows the first ${conversion.pages} pages only.` : ''}`
      : `No PDF could be made of the file "${name}" (${englishReasons[conversion.reason]}).`
  return [
    german,
    ...(attachment.macros ? ['Das Original enthält Makros (ausführbare Programme).'] : []),
    `Das Original wird bis ${until} Uhr zurückgehalten, dann erneut auf Viren geprüft und`,
    `Ihnen in einer eigenen E-Mail zugestellt. Kennung: ${held.id}`,
    `Brauchen Sie es früher, wenden Sie sich bitte an Ihren Administrator (${telephone}).`,
    '',
    english,
    ...(attachment.macros ? ['The original contains macros (executable programs).'] : []),
    `The original is withheld until ${until}, then scanned for viruses again and sent to you`,
    `in a mail of its own. Identifier: ${held.id}`,
    '',
  ].join('\r\n')
}

const germanReasons = {
  password: 'sie ist mit einem Passwort geschützt',
  broken: 'sie ist beschädigt',
  'too-large': 'sie ist zu groß',
  'time-limit': 'die Umwandlung dauerte zu lange',
  busy: 'die Umwandlung war ausgelastet',
  unavailable: 'die Umwandlung war nicht erreichbar',
}
const englishReasons = {
  password: 'it is protected by a password',
  broken: 'it is damaged',
  'too-large': 'it is too large',
  'time-limit': 'the conversion took too long',
  busy: 'the conversion was busy',
  unavailable: 'the conversion could not be reached',
}

/** Local time in Germany, where the readers are: 22.11.2026, 11:40. */
export function dateText(at: Date): string {
  return new Intl.DateTimeFormat('de-DE', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'Europe/Berlin',
  }).format(at)
}
