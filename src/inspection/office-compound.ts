import type { OfficeKind } from '../message/facts.ts'
import { type CompoundEntry, type CompoundFile, readCompoundFile } from './compound-file.ts'
import { fetchesInFields } from './external-links.ts'
import type { OfficeContent } from './office-zip.ts'

/** Streams that make a compound file a document, at its top level: embedded objects lie deeper. */
const kinds: readonly (readonly [string, OfficeKind])[] = [
  ['worddocument', 'doc'],
  ['workbook', 'xls'],
  ['book', 'xls'],
  ['powerpoint document', 'ppt'],
]

const nothingSeen = { macros: false, encrypted: false, externalLinks: false }

/** Room for the sheets' names of a large workbook: they stand in its first records. */
const maxRecordBytes = 1024 * 1024

/**
 * Whether a compound file is a document of Word, Excel or PowerPoint; others (mails, installers, drawings) are not.
 * A directory that cannot be read counts as a document: of the kind that the attachment claims, else of Word's.
 */
export function officeCompound(file: Buffer, named: OfficeKind | undefined): OfficeContent | undefined {
  const compound = readCompoundFile(file)
  if (!compound || compound.top.size === 0) return { office: named ?? 'doc', ...nothingSeen }
  const macros = compound.entries.some(({ name }) =>
    /^(?:vba|_vba_project|_vba_project_cur|macros)$/i.test(name),
  )
  if (compound.top.has('encryptedpackage'))
    return { office: named ?? 'docx', macros, encrypted: true, externalLinks: false }
  for (const [stream, office] of kinds) {
    const entry = compound.top.get(stream)
    if (entry) return { office, ...inside(compound, office, entry, macros) }
  }
  return named && { office: named, macros, encrypted: false, externalLinks: false }
}

function inside(
  compound: CompoundFile,
  office: OfficeKind,
  stream: CompoundEntry,
  macros: boolean,
): Omit<OfficeContent, 'office'> {
  const rights = compound.top.has('\u0006dataspaces') || compound.top.has('drmcontent')
  if (office === 'xls') {
    const workbook = readWorkbook(compound.start(stream, maxRecordBytes))
    return { ...workbook, macros: macros || workbook.macros, encrypted: rights || workbook.encrypted }
  }
  if (office === 'ppt')
    return { macros, encrypted: rights || isEncryptedPresentation(compound), externalLinks: false }
  // [MS-DOC] 2.5.2: bit 8 of the flags at offset 10 is fEncrypted.
  const head = compound.start(stream, maxRecordBytes)
  return {
    macros,
    encrypted: rights || (head.length > 11 && (head.readUInt16LE(10) & 0x0100) !== 0),
    externalLinks: fetchesInFields(head.toString('latin1')) || fetchesInFields(head.toString('utf16le')),
  }
}

function isEncryptedPresentation(compound: CompoundFile): boolean {
  if (compound.top.has('encryptedsummary')) return true
  const user = compound.top.get('current user')
  const head = user && compound.start(user, 32)
  // [MS-PPT] 2.3.2: headerToken of an encrypted document.
  return head !== undefined && head.length >= 16 && head.readUInt32LE(12) === 0xf3d1c4df
}

/** [MS-XLS] 2.1.4: records of type, length, content; the first sub-stream tells about the whole workbook. */
function readWorkbook(bytes: Buffer): Omit<OfficeContent, 'office'> {
  const endOfSubstream = 0x000a
  const filePass = 0x002f
  const boundSheet = 0x0085
  const supBook = 0x01ae
  let macros = false
  let externalLinks = false
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt16LE(at + 2)) {
    const type = bytes.readUInt16LE(at)
    if (type === endOfSubstream) break
    // Behind it everything is encrypted.
    if (type === filePass) return { macros, encrypted: true, externalLinks }
    // 2.4.28: the sheet's type 1 is a sheet of Excel 4.0 macros.
    if (type === boundSheet && at + 10 <= bytes.length && bytes.readUInt8(at + 9) === 1) macros = true
    // 2.4.271: 0x0401 is the workbook itself, 0x3A01 add-ins; all else are other files and DDE.
    if (
      type === supBook &&
      at + 8 <= bytes.length &&
      ![0x0401, 0x3a01].includes(bytes.readUInt16LE(at + 6))
    ) {
      externalLinks = true
    }
  }
  return { macros, encrypted: false, externalLinks }
}
