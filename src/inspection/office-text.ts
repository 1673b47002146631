import type { OfficeKind } from '../message/facts.ts'
import type { OfficeContent } from './office-zip.ts'

/** Namespaces of documents that are one XML file, as they stand in the first element. */
const xmlDocuments: readonly (readonly [string, OfficeKind])[] = [
  ['http://schemas.microsoft.com/office/word/2003/wordml', 'doc'],
  ['progid="word.document"', 'doc'],
  ['urn:schemas-microsoft-com:office:spreadsheet', 'xls'],
  ['progid="excel.sheet"', 'xls'],
  ['progid="powerpoint.show"', 'ppt'],
  ['http://schemas.microsoft.com/office/2006/xmlpackage', 'docx'],
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'ods'],
  ['application/vnd.oasis.opendocument.presentation', 'odp'],
]

const spreadsheets: readonly (OfficeKind | undefined)[] = ['xls', 'xlsx', 'xlsb', 'ods']

/**
 * Whether a file that is no zip and no compound file is an Office file, by its first bytes: RTF, a document in one XML
 * file, or something that an Office program opens under the name it bears, such as HTML, MHTML or a table in text.
 */
export function officeText(head: Buffer, named: OfficeKind | undefined): OfficeContent | undefined {
  const text = textOf(head).replace(/^[\ufeff\s]+/, '')
  // Word opens every beginning of the kind, RTF 1.9.1 demands `{\rtf1`.
  if (text.startsWith('{\\rt')) return plain('rtf')
  const xml = text.startsWith('<?xml') ? text.toLowerCase() : ''
  const document = xml.includes('<html') ? undefined : xmlDocuments.find(([mark]) => xml.includes(mark))
  if (document) {
    const [mark, kind] = document
    const office = mark.includes('xmlpackage') ? (named ?? kind) : kind
    return { ...plain(office), macros: xml.includes('macrospresent="yes"') }
  }
  return named && !isHarmless(head, text, named) ? plain(named) : undefined
}

function plain(office: OfficeKind): OfficeContent {
  return { office, macros: false, encrypted: false, externalLinks: false }
}

function textOf(head: Buffer): string {
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe
  return isUtf16 ? head.toString('utf16le') : head.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')
}

/** PDF and pictures, which Office programs do not execute whatever their name; and text in which they find nothing. */
function isHarmless(head: Buffer, text: string, named: OfficeKind): boolean {
  if (head.length === 0) return true
  if (/^(?:%PDF-|\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a)/.test(head.toString('latin1', 0, 8))) return true
  // A table in text is calculated when it is opened: formulas, SYLK macros.
  if (spreadsheets.includes(named)) return false
  const isText = ![...text].some(isControl)
  return (
    isText && !/<[a-z!?/]/i.test(text) && !/^(?:mime-version|content-type|date|from|message-id):/i.test(text)
  )
}

function isControl(character: string): boolean {
  return (character < ' ' && !'\t\n\v\f\r'.includes(character)) || character === '\x7f'
}
