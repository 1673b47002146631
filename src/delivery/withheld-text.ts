import type { ConversionResult } from '../converter/converter.ts'
import type { OfficeAttachment } from '../message/facts.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'

/** A withheld file as its notice speaks of it; `signed`: it was covered by the author's signature. */
export type WithheldFile = Pick<OfficeAttachment, 'fileName' | 'macros'> & { readonly signed: boolean }

/** What a recipient reads in place of an Office file: what was withheld, why, until when, how to get it (L-08). */
export function withheldText(
  { fileName, macros, signed }: WithheldFile,
  held: Pick<HeldOriginal, 'id' | 'releaseAt'>,
  conversion: ConversionResult,
  telephone: string,
): string {
  const until = dateText(held.releaseAt)
  const cut = conversion.kind === 'converted' && conversion.cut ? conversion.pages : undefined
  return [
    conversion.kind === 'converted'
      ? `Die Datei „${fileName}“ liegt als PDF bei.`
      : `Von der Datei „${fileName}“ konnte kein PDF erstellt werden: ${germanReasons[conversion.reason]}.`,
    ...(cut === undefined ? [] : [`Das PDF zeigt nur die ersten ${cut} Seiten.`]),
    ...(macros ? ['Das Original enthält Makros (ausführbare Programme).'] : []),
    'Office-Dateien können Schadsoftware enthalten, die erst später erkannt wird. Das Original wird',
    `deshalb bis ${until} Uhr zurückgehalten, dann erneut auf Viren geprüft und Ihnen in einer`,
    `eigenen E-Mail zugestellt. Kennung: ${held.id}`,
    `Brauchen Sie es früher, wenden Sie sich bitte an Ihren Administrator (${telephone}).`,
    ...(signed
      ? ['Die Unterschrift des Absenders galt dem Original; Ihr Programm zeigt sie nun als ungültig.']
      : []),
    '',
    conversion.kind === 'converted'
      ? `The file "${fileName}" is attached as a PDF.`
      : `No PDF could be made of the file "${fileName}": ${englishReasons[conversion.reason]}.`,
    ...(cut === undefined ? [] : [`The PDF shows the first ${cut} pages only.`]),
    ...(macros ? ['The original contains macros (executable programs).'] : []),
    'Office files can carry malware that is recognised only later. So the original is withheld',
    `until ${until} (German time), then scanned for viruses again and sent to you in a mail of`,
    `its own. Identifier: ${held.id}`,
    `If you need it earlier, please ask your administrator (${telephone}).`,
    ...(signed
      ? ["The sender's signature was made for the original; your program shows it as invalid now."]
      : []),
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
