import type { OfficeFile, OfficeKind } from '../message/facts.ts'
import { fetchesInDocument, fetchesInOpenDocument, fetchesInRelations } from './external-links.ts'
import { officeMediaType } from './office-names.ts'
import { readLocalNames, readMember, readZipDirectory, type ZipMember } from './zip-directory.ts'

/** What the content of a file says. */
export type OfficeContent = Pick<OfficeFile, 'office' | 'macros' | 'encrypted' | 'externalLinks'>

/** [Content_Types].xml and the manifest name every member once; 2 MiB are some ten thousand lines. */
const maxDescriptionBytes = 2 * 1024 * 1024

/**
 * Whether a zip archive is an Office file: OpenDocument by its member `mimetype` or its manifest, Office Open XML by
 * the type of the main part. Names decide only where those cannot be read: broken is Office of the best guess, so that
 * it is held. `named` is the kind that the attachment claims.
 */
export function officeZip(zip: Buffer, named: OfficeKind | undefined): OfficeContent | undefined {
  const members = readZipDirectory(zip)
  const names = (members?.map(({ name }) => name) ?? readLocalNames(zip)).map((name) => name.toLowerCase())
  const byNames = kindByNames(names, named)
  if (!members) {
    const office = byNames ?? named
    return office && { office, macros: names.some(isMacroName), encrypted: false, externalLinks: false }
  }
  const encrypted = members.some((member) => member.encrypted)
  const document = openDocument(zip, members, encrypted)
  const content = document ?? openXml(zip, members, encrypted, byNames, named)
  if (content && content !== 'another') return content
  return named && { office: named, macros: hasMacroNames(members), encrypted, externalLinks: false }
}

function openXml(
  zip: Buffer,
  members: readonly ZipMember[],
  encrypted: boolean,
  byNames: OfficeKind | undefined,
  named: OfficeKind | undefined,
): OfficeContent | undefined {
  const descriptions = membersNamed(members, '[content_types].xml')
  const types = descriptions.map((member) =>
    textOf(readMember(zip, member, maxDescriptionBytes)).toLowerCase(),
  )
  const mainType = /["'](application\/vnd\.[^"']{1,200}\.main(?:\+xml)?)["']/g
  const kinds = types.flatMap((text) =>
    [...text.matchAll(mainType)].flatMap(([, type]) => officeMediaType(type ?? '') ?? []),
  )
  const unread = types.some((text) => !isPlainDescription(text)) ? (named ?? 'docx') : undefined
  const office = kinds[0] ?? byNames ?? unread
  const macros =
    hasMacroNames(members) || types.some((text) => text.includes('vbaproject') || text.includes('macrosheet'))
  return office && { office, macros, encrypted, externalLinks: hasExternalLinks(zip, members) }
}

/** Entities and references could spell a type so that we do not see it, and no Office program writes them here. */
function isPlainDescription(text: string): boolean {
  return /<(?:[\w.-]{1,100}:)?types/.test(text) && !text.includes('&#') && !text.includes('<!')
}

function openDocument(
  zip: Buffer,
  members: readonly ZipMember[],
  encrypted: boolean,
): OfficeContent | 'another' | undefined {
  const read = (name: string) =>
    membersNamed(members, name)
      .map((member) => textOf(readMember(zip, member, maxDescriptionBytes)))
      .join('\n')
  const manifest = read('meta-inf/manifest.xml')
  const mainType = /media-type=["'](application\/vnd\.oasis\.opendocument\.[^"']{1,100})["']/
  const types = [read('mimetype').trim(), mainType.exec(manifest)?.[1] ?? '']
  const office = types.map(officeMediaType).find((kind) => kind !== undefined)
  if (!office) {
    // A drawing, a formula, a database: OpenDocument, but nothing that becomes a PDF here.
    return types.some((type) => type.startsWith('application/vnd.oasis.opendocument.'))
      ? 'another'
      : undefined
  }
  return {
    office,
    macros: members.some(({ name }) => /^(?:basic|scripts)\/./i.test(name)),
    encrypted: encrypted || manifest.includes('encryption-data'),
    externalLinks: fetchesInOpenDocument(read('content.xml')),
  }
}

/** A document has a file of relations for each of its parts that has some: dozens in large presentations. */
const maxRelationFiles = 200

/** Of a damaged or very large file nothing is said; it is converted without a network in any case. */
function hasExternalLinks(zip: Buffer, members: readonly ZipMember[]): boolean {
  const textNamed = (pattern: RegExp) =>
    members
      .filter(({ name }) => pattern.test(name))
      .slice(0, maxRelationFiles)
      .map((member) => textOf(readMember(zip, member, maxDescriptionBytes)))
  return (
    textNamed(/\.rels$/i).some(fetchesInRelations) ||
    textNamed(/^(?:word\/document|xl\/externalLinks\/[^/]{1,100})\.xml$/i).some(fetchesInDocument)
  )
}

/** Programs differ on which of two members of one name they take; so all of them count, up to four. */
function membersNamed(members: readonly ZipMember[], name: string): ZipMember[] {
  return members.filter((member) => member.name.toLowerCase() === name).slice(0, 4)
}

function hasMacroNames(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => isMacroName(name))
}

function isMacroName(name: string): boolean {
  return /vbaproject\.bin$|^xl\/macrosheets\//i.test(name)
}

function kindByNames(names: readonly string[], named: OfficeKind | undefined): OfficeKind | undefined {
  const folders = [
    ['word/', 'docx'],
    ['xl/', 'xlsx'],
    ['ppt/', 'pptx'],
  ] as const
  if (names.includes('xl/workbook.bin')) return 'xlsb'
  const isOpenXml = names.includes('[content_types].xml') || names.includes('_rels/.rels')
  if (isOpenXml)
    return folders.find(([folder]) => names.some((name) => name.startsWith(folder)))?.[1] ?? named
  const isOpenDocument = names.includes('content.xml') && names.includes('meta-inf/manifest.xml')
  return isOpenDocument ? (named ?? 'odt') : undefined
}

/** XML may come in UTF-16 (XML 1.0, 4.3.3). */
function textOf(bytes: Buffer | undefined): string {
  if (!bytes) return ''
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le')
  }
  return bytes.toString('utf8')
}
