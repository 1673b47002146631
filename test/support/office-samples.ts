import CFB from 'cfb'
import { strToU8, zipSync } from 'fflate'

const mainTypes = {
  docx: 'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml',
  docm: 'vnd.ms-word.document.macroEnabled.main+xml',
  dotx: 'vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml',
  xlsx: 'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml',
  xlsm: 'vnd.ms-excel.sheet.macroEnabled.main+xml',
  xlsb: 'vnd.ms-excel.sheet.binary.macroEnabled.main',
  pptx: 'vnd.openxmlformats-officedocument.presentationml.presentation.main+xml',
  ppsm: 'vnd.ms-powerpoint.slideshow.macroEnabled.main+xml',
} as const

/** The least that is an Office Open XML file: the description of its parts. `more` adds members. */
export function openXml(kind: keyof typeof mainTypes, more: Record<string, string> = {}): Uint8Array {
  const types = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/x.xml" ContentType="application/${mainTypes[kind]}"/></Types>`
  return zip({ '[Content_Types].xml': types, '_rels/.rels': '<Relationships/>', 'x.xml': '<x/>', ...more })
}

/** The least that is an OpenDocument file. */
export function openDocument(type: string, more: Record<string, string> = {}): Uint8Array {
  return zip({ mimetype: `application/vnd.oasis.opendocument.${type}`, 'content.xml': '<x/>', ...more })
}

export function zip(members: Record<string, string>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(members).map(([name, text]) => [name, strToU8(text)])))
}

/** A compound file with these streams; names may be paths. */
export function compound(streams: Record<string, Uint8Array>): Buffer {
  const file = CFB.utils.cfb_new()
  for (const [name, content] of Object.entries(streams))
    CFB.utils.cfb_add(file, `/${name}`, Buffer.from(content))
  CFB.utils.cfb_del(file, '/\u0001Sh33tJ5')
  return Buffer.from(CFB.write(file, { type: 'buffer', fileType: 'cfb' }) as Uint8Array)
}

/** Records of a workbook stream ([MS-XLS] 2.1.4), each a type and its content. */
export function records(...list: (readonly [type: number, content: readonly number[]])[]): Uint8Array {
  return Buffer.concat(
    list.map(([type, content]) => {
      const head = Buffer.alloc(4)
      head.writeUInt16LE(type, 0)
      head.writeUInt16LE(content.length, 2)
      return Buffer.concat([head, Buffer.from(content)])
    }),
  )
}
