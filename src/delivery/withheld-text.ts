import type { ConversionResult } from '../converter/converter.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import type { FileFate } from './rework-file.ts'

/** What else the notice has to say. */
export interface NoticeMatters {
  /** A signature covered the files, and does not hold any more. */
  readonly signed: boolean
  /** The content was taken out of an opaque signature. */
  readonly unwrapped: boolean
  readonly telephone: string
  /** Whether a released original comes as a mail, or has to be asked for. */
  readonly comesAsMail: boolean
}

/** So many files of one archive are named. */
const maxNamed = 20

/** What a recipient reads in place of Office files: what was withheld, why, until when, how to get it (L-08). */
export function withheldText(
  fates: readonly FileFate[],
  held: readonly Pick<HeldOriginal, 'id' | 'releaseAt'>[],
  matters: NoticeMatters,
): string {
  const named = fates.slice(0, maxNamed)
  const more = fates.length - named.length
  return [
    ...named.flatMap(germanLines),
    ...(more > 0 ? [`Ebenso ${more} weitere Dateien.`] : []),
    ...germanHold(held, matters),
    ...(matters.signed
      ? ['Die Unterschrift des Absenders galt dem Original; Ihr Programm zeigt sie nun als ungültig.']
      : []),
    ...(matters.unwrapped
      ? ['Die Unterschrift des Absenders wurde dabei entfernt; das Original trägt sie.']
      : []),
    '',
    ...named.flatMap(englishLines),
    ...(more > 0 ? [`The same for ${more} more files.`] : []),
    ...englishHold(held, matters),
    ...(matters.signed
      ? ["The sender's signature was made for the original; your program shows it as invalid now."]
      : []),
    ...(matters.unwrapped ? ["The sender's signature was removed from this copy; the original has it."] : []),
    '',
  ].join('\r\n')
}

function germanHold(
  held: readonly Pick<HeldOriginal, 'id' | 'releaseAt'>[],
  matters: NoticeMatters,
): string[] {
  const [first] = held
  if (!first) return []
  return [
    'Office-Dateien können Schadsoftware enthalten, die erst später erkannt wird. Das Original wird',
    `deshalb bis ${dateText(first.releaseAt)} Uhr zurückgehalten, dann erneut auf Viren geprüft und Ihnen in einer`,
    matters.comesAsMail ? 'eigenen E-Mail zugestellt.' : 'eigenen Nachricht freigegeben.',
    `Kennung: ${held.map(({ id }) => id).join(', ')}`,
    `Brauchen Sie es früher, wenden Sie sich bitte an Ihren Administrator (${matters.telephone}).`,
  ]
}

function englishHold(
  held: readonly Pick<HeldOriginal, 'id' | 'releaseAt'>[],
  matters: NoticeMatters,
): string[] {
  const [first] = held
  if (!first) return []
  return [
    'Office files can carry malware that is recognised only later. So the original is withheld',
    `until ${dateText(first.releaseAt)} (German time), then scanned for viruses again and`,
    matters.comesAsMail ? 'sent to you in a mail of its own.' : 'released with a message of its own.',
    `Identifier: ${held.map(({ id }) => id).join(', ')}`,
    `If you need it earlier, please ask your administrator (${matters.telephone}).`,
  ]
}

function germanLines({ fileName, file, treatment, conversion, closed }: FileFate): string[] {
  const stays = treatment === 'pass' || treatment === 'accompany'
  const cut = conversion?.kind === 'converted' && conversion.cut ? conversion.pages : undefined
  return [
    conversion?.kind === 'converted'
      ? `${stays ? 'Zur' : 'Die'} Datei „${fileName}“ liegt ${stays ? 'ein PDF' : 'als PDF'} bei.`
      : conversion
        ? `Von der Datei „${fileName}“ konnte kein PDF erstellt werden: ${germanReasons[conversion.reason]}.`
        : closed && !stays
          ? `Die Datei „${fileName}“ kann nicht durchgesehen werden: ${germanClosed(file.encrypted)}.`
          : `Die Datei „${fileName}“ ${stays ? 'ist unverändert' : 'wird zurückgehalten'}.`,
    ...(cut === undefined ? [] : [`Das PDF zeigt nur die ersten ${cut} Seiten.`]),
    ...(file.macros ? ['Das Original enthält Makros (ausführbare Programme).'] : []),
    ...(file.externalLinks ? ['Das Original lädt beim Öffnen Inhalte von anderen Stellen nach.'] : []),
  ]
}

function englishLines({ fileName, file, treatment, conversion, closed }: FileFate): string[] {
  const stays = treatment === 'pass' || treatment === 'accompany'
  const cut = conversion?.kind === 'converted' && conversion.cut ? conversion.pages : undefined
  return [
    conversion?.kind === 'converted'
      ? stays
        ? `A PDF of the file "${fileName}" is attached.`
        : `The file "${fileName}" is attached as a PDF.`
      : conversion
        ? `No PDF could be made of the file "${fileName}": ${englishReasons[conversion.reason]}.`
        : closed && !stays
          ? `The file "${fileName}" cannot be looked into: ${englishClosed(file.encrypted)}.`
          : `The file "${fileName}" is ${stays ? 'unchanged' : 'withheld'}.`,
    ...(cut === undefined ? [] : [`The PDF shows the first ${cut} pages only.`]),
    ...(file.macros ? ['The original contains macros (executable programs).'] : []),
    ...(file.externalLinks ? ['The original fetches content from elsewhere when it is opened.'] : []),
  ]
}

const germanClosed = (encrypted: boolean) =>
  encrypted ? 'sie ist mit einem Passwort geschützt' : 'sie ist zu groß, zu verschachtelt oder beschädigt'
const englishClosed = (encrypted: boolean) =>
  encrypted ? 'it is protected by a password' : 'it is too large, too nested or damaged'

type Reason = Extract<ConversionResult, { kind: 'failed' }>['reason']

const germanReasons: Record<Reason, string> = {
  password: 'sie ist mit einem Passwort geschützt',
  broken: 'sie ist beschädigt',
  'too-large': 'sie ist zu groß',
  'time-limit': 'die Umwandlung dauerte zu lange',
  busy: 'die Umwandlung war ausgelastet',
  unavailable: 'die Umwandlung war nicht erreichbar',
}
const englishReasons: Record<Reason, string> = {
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
