import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, it, test } from 'vitest'
import { rebuildZip } from '../../../src/delivery/rebuild-zip.ts'
import { invoicePdf, invoiceText } from '../../../src/inspection/e-invoice.ts'
import { findInPdf } from '../../../src/inspection/find-in-pdf.ts'
import { attachedFiles, officeIn } from '../../../src/inspection/office-files.ts'
import { opaqueContent } from '../../../src/inspection/opaque-signed.ts'
import { readTnef } from '../../../src/inspection/read-tnef.ts'
import {
  betweenMembers,
  memberHead,
  readZipDirectory,
  unpackMember,
} from '../../../src/inspection/zip-directory.ts'
import { mailWith } from '../../support/delivered-mail.ts'
import { compound, openXml, records } from '../../support/office-samples.ts'
import { receivedMessage } from '../../support/received-message.ts'
import { tnef } from '../../support/tnef.ts'

const never = new AbortController().signal
const see = (name: string, content: Uint8Array) =>
  attachedFiles(receivedMessage(mailWith({ name, content })), never)

/** Bytes near `seed`: some changed, some cut off. */
const mutated = (seed: Uint8Array) =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 12 }),
      fc.integer({ min: 0, max: seed.length }),
    )
    .map(([changes, length]) => {
      const bytes = Buffer.from(seed)
      for (const [at, value] of changes) bytes[at] = value
      return bytes.subarray(0, length)
    })

const docx = openXml('docx')
const archive = zipSync({ 'a.docx': docx, 'b/c.zip': zipSync({ 'd.docx': docx }), 'e.txt': strToU8('text') })
const stream = tnef([{ name: 'a.docx', content: docx }], 'Text')
/** ContentInfo with signedData in BER of indefinite length, the content in two strings (RFC 5652, X.690). */
const signed = Buffer.from(
  '308006092a864886f70d010702a0803080020101310b300906052b0e03021a0500308006092a864886f70d010701a08024800403' +
    '616263040464656667' +
    '0000000000000000000000000000',
  'hex',
)

describe('bytes of any kind and those near real ones', () => {
  for (const [what, seed, name] of [
    ['an archive', archive, 'a.zip'],
    ['a TNEF stream', stream, 'winmail.dat'],
    ['an opaque signature', signed, 'smime.p7m'],
    ['a PDF', Buffer.from('%PDF-1.7\n/Type /ObjStm stream\nx endstream factur-x.xml'), 'a.pdf'],
    ['a message', mailWith({ name: 'a.docx', content: docx }), 'a.eml'],
  ] as const) {
    it(`as ${what} never make the inspection fail`, async () => {
      const any = fc
        .uint8Array({ maxLength: 300 })
        .map((bytes) => Buffer.concat([seed.subarray(0, 10), bytes]))
      await fc.assert(
        fc.asyncProperty(fc.oneof(mutated(seed), any), async (bytes) => {
          expect(await see(name, bytes)).toBeInstanceOf(Array)
        }),
        { numRuns: 150 },
      )
    })
  }

  test('as archives never make the rebuilding fail, and what is rebuilt can be read', () => {
    fc.assert(
      fc.property(mutated(archive), (bytes) => {
        const members = readZipDirectory(bytes)
        if (!members) return
        for (const member of members) memberHead(bytes, member, 100)
        betweenMembers(bytes, members)
        const rebuilt = rebuildZip(
          bytes,
          members,
          new Map([[0, { name: 'x.pdf', content: Buffer.from('x') }]]),
        )
        if (rebuilt) expect(readZipDirectory(rebuilt)).toHaveLength(members.length)
      }),
      { numRuns: 300 },
    )
  })

  test('as TNEF, BER and PDF end by themselves', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (random) => {
        const bytes = Buffer.from(random)
        readTnef(bytes)
        readTnef(Buffer.concat([stream.subarray(0, 40), bytes]))
        opaqueContent(bytes)
        opaqueContent(Buffer.concat([signed.subarray(0, 30), bytes]))
        findInPdf(bytes, ['/Sig', 'factur-x.xml'])
        invoiceText(bytes)
      }),
    )
  })
})

test('An opaque signature gives up its content, also in pieces', () => {
  expect(opaqueContent(signed)?.toString()).toBe('abcdefg')
})

describe('an archive that is a bomb', () => {
  it('of nested archives costs no more than the budget, and is known as closed', async () => {
    // Each level unpacks to ten times itself.
    let bomb: Uint8Array = zipSync({ 'x.docx': new Uint8Array(20e6) }, { level: 9 })
    for (let level = 0; level < 3; level++) {
      const packed = bomb
      bomb = zipSync(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${index}.zip`, packed])))
    }
    const [found] = await see('bomb.zip', bomb)
    expect(JSON.stringify(found)).toContain('"kind":"closed"')
  })

  it('of members that share their bytes is known as closed, unopened', async () => {
    const zip = Buffer.from(zipSync({ 'a.txt': strToU8('x'.repeat(100)), 'b.txt': strToU8('y'.repeat(100)) }))
    const second = zip.lastIndexOf('PK\x01\x02', undefined, 'latin1')
    zip.writeUInt32LE(0, second + 42)
    expect(await see('a.zip', zip)).toMatchObject([{ file: { kind: 'closed', reason: 'too-large' } }])
  })

  it('that lies about a size is cut off while it unpacks', async () => {
    const zip = Buffer.from(zipSync({ 'a.bin': new Uint8Array(1e6) }))
    const at = zip.indexOf('PK\x01\x02', 0, 'latin1')
    zip.writeUInt32LE(10, at + 24)
    const [member] = readZipDirectory(zip) ?? []
    if (!member) throw new Error('no member')
    expect(await unpackMember(zip, member, 1000)).toBe('too-large')
  })
})

test('An Office file that only some programs find in an archive makes it closed', async () => {
  const hidden = Buffer.from(zipSync({ 'geheim.docm': docx }))
  const local = hidden.subarray(0, hidden.indexOf('PK\x01\x02', 0, 'latin1'))
  const shown = Buffer.from(zipSync({ 'a.txt': strToU8('x') }))
  expect(await see('a.zip', Buffer.concat([local, shown]))).toMatchObject([
    { file: { kind: 'closed', reason: 'unreadable' } },
  ])
})

describe('invoices and their like', () => {
  const cii = 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'
  for (const [what, content, format] of [
    ['CII', `<rsm:CrossIndustryInvoice xmlns:rsm="${cii}">`, 'CII invoice'],
    [
      'UBL behind a comment',
      '<?xml version="1.0"?><!-- <x> --><CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"/>',
      'UBL invoice',
    ],
    ['ELSTER', '<Elster xmlns="http://www.elster.de/elsterxml/schema/v11">', 'ELSTER'],
    ['DATEV', '"EXTF";700;21;"Buchungsstapel";13;', 'DATEV'],
    ['an element of that name alone', '<Invoice>', undefined],
    ['a namespace in the text alone', `<x>${cii}</x>`, undefined],
    [
      'a workbook that pretends',
      `<?mso-application progid="Excel.Sheet"?><rsm:CrossIndustryInvoice xmlns:rsm="${cii}">`,
      undefined,
    ],
  ] as const) {
    it(`${what} is ${format ?? 'none'}`, () => {
      expect(invoiceText(Buffer.from(content))).toBe(format)
    })
  }

  for (const [what, content, format] of [
    ['a name in the bytes', '/F (factur-x.xml)', 'ZUGFeRD/Factur-X'],
    ['a name in UTF-16', Buffer.from('\ufeffZUGFeRD-invoice.xml', 'utf16le').swap16(), 'ZUGFeRD/Factur-X'],
    [
      'a name in hexadecimal',
      `<${Buffer.from('xrechnung.xml').toString('hex').toUpperCase()}>`,
      'ZUGFeRD/Factur-X',
    ],
    ['a signature', '/Type /Sig /ByteRange [0 1 2 3]', 'signed PDF'],
    ['neither', '/Type /Page', undefined],
  ] as const) {
    it(`a PDF with ${what} is ${format ?? 'none'}`, () => {
      const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from(content)])
      expect(invoicePdf(pdf)).toBe(format)
    })
  }

  it('a PDF with the name in a compressed object stream is one', () => {
    const packed = deflateSync('1 0 << /F (factur-x.xml) >>')
    const pdf = Buffer.concat([
      Buffer.from('%PDF-1.7\n5 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\r\n'),
      packed,
      Buffer.from('\nendstream'),
    ])
    expect(invoicePdf(pdf)).toBe('ZUGFeRD/Factur-X')
  })

  it('named like a workbook is an Office file: Excel would open it', async () => {
    const invoice = strToU8(`<rsm:CrossIndustryInvoice xmlns:rsm="${cii}">`)
    expect(await see('rechnung.xls', invoice)).toMatchObject([{ file: { kind: 'office', office: 'xls' } }])
  })
})

describe('what an Office file fetches when it is opened', () => {
  const relation = (type: string, mode = ' TargetMode="External"') =>
    `<Relationships><Relationship Id="r" Type="http://x/relationships/${type}" Target="http://evil.example/x"${mode}/></Relationships>`
  for (const [what, content, fetches] of [
    ['a picture', openXml('docx', { 'word/_rels/document.xml.rels': relation('image') }), true],
    ['a template', openXml('docx', { 'word/_rels/settings.xml.rels': relation('attachedTemplate') }), true],
    ['a link to click on', openXml('docx', { 'word/_rels/document.xml.rels': relation('hyperlink') }), false],
    ['a picture inside', openXml('docx', { 'word/_rels/document.xml.rels': relation('image', '') }), false],
    [
      'DDE',
      openXml('xlsx', { 'xl/externalLinks/externalLink1.xml': '<externalLink><ddeLink/></externalLink>' }),
      true,
    ],
    ['a template in RTF', strToU8('{\\rtf1{\\*\\template http://evil.example/x.dotm}}'), true],
    [
      'a field in doc',
      compound({
        WordDocument: Buffer.from(`${'\0'.repeat(600)} INCLUDEPICTURE "http://x"${'\0'.repeat(5000)}`),
      }),
      true,
    ],
    [
      'another workbook',
      compound({ Workbook: records([0x0809, [0, 6, 5, 0]], [0x01ae, [1, 0, 5, 0, 0, 1]], [0x000a, []]) }),
      true,
    ],
    [
      'itself',
      compound({ Workbook: records([0x0809, [0, 6, 5, 0]], [0x01ae, [1, 0, 1, 4]], [0x000a, []]) }),
      false,
    ],
  ] as const) {
    it(`${what}: ${fetches ? 'is reported' : 'is nothing'}`, async () => {
      const [found] = officeIn(await attachedFiles(receivedMessage(mailWith({ name: 'x', content })), never))
      expect(found?.externalLinks).toBe(fetches)
    })
  }
})
