import type { OfficeKind } from '../message/facts.ts'
import type { MimePart } from '../message/mime-part.ts'

const extensions: Readonly<Record<OfficeKind, readonly string[]>> = {
  doc: ['doc', 'dot', 'wiz'],
  docx: ['docx', 'docm', 'dotx', 'dotm'],
  xls: ['xls', 'xlt', 'xla', 'xlm', 'xlw', 'slk'],
  xlsx: ['xlsx', 'xlsm', 'xltx', 'xltm', 'xlam'],
  xlsb: ['xlsb'],
  ppt: ['ppt', 'pps', 'pot', 'ppa'],
  pptx: ['pptx', 'pptm', 'ppsx', 'ppsm', 'potx', 'potm', 'ppam'],
  odt: ['odt', 'ott', 'odm', 'oth', 'fodt'],
  ods: ['ods', 'ots', 'fods'],
  odp: ['odp', 'otp', 'fodp'],
  rtf: ['rtf'],
}

const kindByExtension: ReadonlyMap<string, OfficeKind> = new Map(
  (Object.keys(extensions) as OfficeKind[]).flatMap((kind) => extensions[kind].map((end) => [end, kind])),
)

/** As they stand in Content-Type fields, in [Content_Types].xml and in the member `mimetype` of OpenDocument. */
const mediaTypes: readonly (readonly [string, OfficeKind])[] = [
  ['application/msword', 'doc'],
  ['application/vnd.ms-word', 'docx'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml', 'docx'],
  ['application/vnd.ms-excel.sheet.binary', 'xlsb'],
  ['application/vnd.ms-excel.', 'xlsx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml', 'xlsx'],
  ['application/vnd.ms-powerpoint.', 'pptx'],
  ['application/vnd.ms-powerpoint', 'ppt'],
  ['application/vnd.openxmlformats-officedocument.presentationml', 'pptx'],
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'ods'],
  ['application/vnd.oasis.opendocument.presentation', 'odp'],
  ['application/rtf', 'rtf'],
  ['text/rtf', 'rtf'],
]

/** The kind that a media type names, whatever follows its known beginning (templates, macro-enabled ones). */
export function officeMediaType(mediaType: string): OfficeKind | undefined {
  const lower = mediaType.toLowerCase()
  return mediaTypes.find(([start]) => lower.startsWith(start))?.[1]
}

/** What a part says that it is: by the extension of its name, else by its Content-Type. A hint, never a proof. */
export function officeNamed(part: Pick<MimePart, 'fileName' | 'contentType'>): OfficeKind | undefined {
  // Windows drops dots and spaces at the end of a name, so `a.doc.` opens as a.doc.
  const end = /\.([a-z]{3,5})[.\s"']*$/i.exec((part.fileName ?? '').slice(-64))?.[1]
  const byName = end === undefined ? undefined : kindByExtension.get(end.toLowerCase())
  return byName ?? officeMediaType(`${part.contentType.type}/${part.contentType.subtype}`)
}
