import { strToU8, zipSync } from 'fflate'

/** Small documents, written by hand as a word processor would, each with what a test wants to see or to miss. */

const xml = (text: string) => strToU8(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${text}`)
const packaged = 'http://schemas.openxmlformats.org/package/2006'
const related = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** ECMA-376 part 2: content types, and the one relationship that leads to the main part. */
function openXml(main: string, type: string, parts: Record<string, Uint8Array>, moreTypes = ''): Uint8Array {
  return zipSync({
    '[Content_Types].xml': xml(
      `<Types xmlns="${packaged}/content-types">` +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        '<Default Extension="xml" ContentType="application/xml"/>' +
        `<Override PartName="/${main}" ContentType="application/vnd.openxmlformats-officedocument.${type}.main+xml"/>${moreTypes}</Types>`,
    ),
    '_rels/.rels': xml(
      `<Relationships xmlns="${packaged}/relationships">` +
        `<Relationship Id="r1" Type="${related}/officeDocument" Target="${main}"/></Relationships>`,
    ),
    ...parts,
  })
}

/** A letter, with a picture that is not in the file. */
export function docx(text: string, picture?: string): Uint8Array {
  const relationship = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${related}/${type}" Target="${target}" TargetMode="External"/>`
  const blip =
    '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="p"/><a:graphic>' +
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>' +
    '<pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="picture"/></pic:blipFill>' +
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm>' +
    '<a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
  return openXml('word/document.xml', 'wordprocessingml.document', {
    'word/document.xml': xml(
      `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="${related}" ` +
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ' +
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ' +
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>' +
        `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>` +
        `${picture ? blip : ''}</w:body></w:document>`,
    ),
    'word/_rels/document.xml.rels': xml(
      `<Relationships xmlns="${packaged}/relationships">` +
        `${picture ? relationship('picture', 'image', picture) : ''}</Relationships>`,
    ),
  })
}

export function xlsx(text: string): Uint8Array {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml'
  return openXml(
    'xl/workbook.xml',
    'spreadsheetml.sheet',
    {
      'xl/_rels/workbook.xml.rels': xml(
        `<Relationships xmlns="${packaged}/relationships">` +
          `<Relationship Id="r1" Type="${related}/worksheet" Target="sheet1.xml"/></Relationships>`,
      ),
      'xl/workbook.xml': xml(
        `<workbook xmlns="${main}" xmlns:r="${related}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>`,
      ),
      'xl/sheet1.xml': xml(
        `<worksheet xmlns="${main}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>${text}</t></is></c></row></sheetData></worksheet>`,
      ),
    },
    `<Override PartName="/xl/sheet1.xml" ContentType="${sheetType}"/>`,
  )
}

const odfNamespaces = ['office', 'text', 'table', 'script', 'presentation']
  .map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`)
  .concat(
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"',
    'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"',
    'xmlns:xlink="http://www.w3.org/1999/xlink"',
    'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"',
  )
  .join(' ')

function openDocument(
  type: string,
  body: string,
  more: Record<string, [type: string, text: string]> = {},
): Uint8Array {
  const mediaType = `application/vnd.oasis.opendocument.${type}`
  const entries = Object.entries(more)
  return zipSync({
    mimetype: [strToU8(mediaType), { level: 0 }],
    'META-INF/manifest.xml': xml(
      '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">' +
        `<manifest:file-entry manifest:full-path="/" manifest:media-type="${mediaType}"/>` +
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>' +
        entries
          .map(
            ([path, [partType]]) =>
              `<manifest:file-entry manifest:full-path="${path}" manifest:media-type="${partType}"/>`,
          )
          .join('') +
        '</manifest:manifest>',
    ),
    'content.xml': xml(
      `<office:document-content ${odfNamespaces} office:version="1.2"><office:body>${body}</office:body></office:document-content>`,
    ),
    ...Object.fromEntries(entries.map(([path, [, text]]) => [path, xml(text)])),
  })
}

/** A letter with a link to each of `links`. */
export function odt(text: string, links: readonly string[] = []): Uint8Array {
  const linked = links.map(
    (link, index) =>
      `<text:p><text:a xlink:type="simple" xlink:href="${link}">link ${index}</text:a></text:p>`,
  )
  return openDocument('text', `<office:text><text:p>${text}</text:p>${linked.join('')}</office:text>`)
}

/** A slide with pictures that are not in the file: of these LibreOffice fetches even when told not to. */
export function odp(text: string, pictures: readonly string[]): Uint8Array {
  const frame = (content: string) =>
    `<draw:frame svg:x="2cm" svg:y="2cm" svg:width="9cm" svg:height="3cm">${content}</draw:frame>`
  return openDocument(
    'presentation',
    `<office:presentation><draw:page draw:name="a">${frame(`<draw:text-box><text:p>${text}</text:p></draw:text-box>`)}` +
      pictures.map((picture) => frame(`<draw:image xlink:href="${picture}" xlink:type="simple"/>`)).join('') +
      '</draw:page></office:presentation>',
  )
}

/** What the macros of `odsWithMacro` write when they run, as the sandbox names it. */
export const macroMarker = '/tmp/macro-marker'

/** A sheet whose second cell is the answer of a Basic function in the file, which also writes a file. */
export function odsWithMacro(text: string, answer: string): Uint8Array {
  const library =
    '<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">'
  return openDocument(
    'spreadsheet',
    '<office:spreadsheet><table:table table:name="a"><table:table-row>' +
      `<table:table-cell office:value-type="string"><text:p>${text}</text:p></table:table-cell>` +
      '<table:table-cell table:formula="of:=MARKER()" office:value-type="string"/>' +
      '</table:table-row></table:table></office:spreadsheet>',
    {
      'Basic/script-lc.xml': [
        'text/xml',
        '<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">' +
          '<library:library library:name="Standard" library:link="false"/></library:libraries>',
      ],
      'Basic/Standard/script-lb.xml': [
        'text/xml',
        `${library}<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" ` +
          'library:readonly="false" library:passwordprotected="false"><library:element library:name="Module1"/></library:library>',
      ],
      'Basic/Standard/Module1.xml': [
        'text/xml',
        '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">' +
          `Function Marker() As String\nOpen "${macroMarker}" For Output As #1\nPrint #1, "ran"\nClose #1\n` +
          `Marker = "${answer}"\nEnd Function\n</script:module>`,
      ],
    },
  )
}

export function rtf(text: string): Uint8Array {
  return Buffer.from(`{\\rtf1\\ansi ${text}}`, 'latin1')
}

/** Takes LibreOffice much longer than any test waits for it, and less memory than it may use. */
export function slowRtf(): Uint8Array {
  return rtf('{\\trowd\\cellx900\\cellx1800 a\\cell b\\cell\\row}\n'.repeat(60_000))
}

/** A zip whose central directory claims 500 MB for its first member (APPNOTE.TXT 4.3.12). */
export function claimingMuch(zip: Uint8Array): Uint8Array {
  const changed = Buffer.from(zip)
  changed.writeUInt32LE(500_000_000, changed.indexOf('PK\x01\x02', 0, 'latin1') + 24)
  return changed
}
