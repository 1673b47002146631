import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { attachedFiles, officeIn } from '../../../src/inspection/office-files.ts'
import { compound, openDocument, openXml, records, zip } from '../../support/office-samples.ts'
import { receivedMessage } from '../../support/received-message.ts'

const never = new AbortController().signal

/** A mail with one attachment, in base64 unless another encoding is named. */
function mailWith(
  content: Uint8Array,
  name = 'x.bin',
  encoding = 'base64',
  type = 'application/octet-stream',
): Buffer {
  const body =
    encoding === 'base64' ? Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\r\n') : content
  return Buffer.concat([
    Buffer.from(
      'From: ann@partner.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
        '--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n' +
        `--b\r\nContent-Type: ${type}; name="${name}"\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n--b--\r\n'),
  ])
}

async function found(content: Uint8Array, name?: string, encoding?: string, type?: string) {
  return officeIn(await attachedFiles(receivedMessage(mailWith(content, name, encoding, type)), never))
}

const text = (content: string) => Buffer.from(content)
const plainDocument = compound({ WordDocument: new Uint8Array(4096) })

describe('an attachment is an Office file by its content', () => {
  for (const [what, content, office, macros, encrypted] of [
    ['docx', openXml('docx'), 'docx', false, false],
    ['a template of Word', openXml('dotx'), 'docx', false, false],
    ['docm with macros', openXml('docm', { 'word/vbaProject.bin': 'x' }), 'docx', true, false],
    [
      'macros under another name',
      openXml('docm', { 'word/a.bin': 'x', 'word/b/vbaproject.BIN': 'x' }),
      'docx',
      true,
      false,
    ],
    ['xlsx', openXml('xlsx'), 'xlsx', false, false],
    ['xlsm with a macro sheet', openXml('xlsm', { 'xl/macrosheets/sheet1.xml': 'x' }), 'xlsx', true, false],
    ['xlsb', openXml('xlsb'), 'xlsb', false, false],
    ['pptx', openXml('pptx'), 'pptx', false, false],
    ['a slide show with macros', openXml('ppsm', { 'ppt/vbaProject.bin': 'x' }), 'pptx', true, false],
    ['odt', openDocument('text'), 'odt', false, false],
    ['a template of Writer', openDocument('text-template'), 'odt', false, false],
    ['ods with macros', openDocument('spreadsheet', { 'Basic/Standard/x.xml': 'x' }), 'ods', true, false],
    [
      'odp with a password',
      openDocument('presentation', { 'META-INF/manifest.xml': '<x><encryption-data/></x>' }),
      'odp',
      false,
      true,
    ],
    [
      'odt without its first member',
      zip({
        'content.xml': 'x',
        'META-INF/manifest.xml': '<x media-type="application/vnd.oasis.opendocument.text"/>',
      }),
      'odt',
      false,
      false,
    ],
    ['doc', plainDocument, 'doc', false, false],
    [
      'a doc smaller than a small stream',
      compound({ WordDocument: new Uint8Array(100) }),
      'doc',
      false,
      false,
    ],
    [
      'doc with macros',
      compound({ WordDocument: new Uint8Array(4096), 'Macros/VBA/dir': text('x') }),
      'doc',
      true,
      false,
    ],
    [
      'doc with a password',
      compound({ WordDocument: new Uint8Array(4096).fill(1, 11, 12) }),
      'doc',
      false,
      true,
    ],
    ['xls', compound({ Workbook: records([0x809, [0, 6]], [0x0a, []]) }), 'xls', false, false],
    ['an old xls', compound({ Book: records([0x809, [0, 5]], [0x0a, []]) }), 'xls', false, false],
    [
      'xls with a password',
      compound({ Workbook: records([0x809, [0, 6]], [0x2f, [0, 0]]) }),
      'xls',
      false,
      true,
    ],
    [
      'xls with a macro sheet',
      compound({ Workbook: records([0x809, [0, 6]], [0x85, [0, 0, 0, 0, 0, 1, 1, 0, 65]], [0x0a, []]) }),
      'xls',
      true,
      false,
    ],
    ['ppt', compound({ 'PowerPoint Document': new Uint8Array(4096) }), 'ppt', false, false],
    [
      'ppt with a password',
      compound({
        'PowerPoint Document': new Uint8Array(4096),
        'Current User': Buffer.from('000000000000000000000000dfc4d1f3', 'hex'),
      }),
      'ppt',
      false,
      true,
    ],
    [
      'docx with a password',
      compound({ EncryptedPackage: new Uint8Array(100), EncryptionInfo: new Uint8Array(100) }),
      'docx',
      false,
      true,
    ],
    [
      'a document with an embedded table',
      compound({ WordDocument: new Uint8Array(4096), 'ObjectPool/_1/Workbook': text('x') }),
      'doc',
      false,
      false,
    ],
    ['rtf', text('{\\rtf1 Hello}'), 'rtf', false, false],
    ['rtf with a short beginning', text(' \r\n{\\rt Hello}'), 'rtf', false, false],
    [
      'XML of Word 2003',
      text('<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>'),
      'doc',
      false,
      false,
    ],
    [
      'XML of Excel 2003',
      text('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
      'xls',
      false,
      false,
    ],
    [
      'a flat odt',
      text(
        '<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.text"/>',
      ),
      'odt',
      false,
      false,
    ],
  ] as const) {
    it(`whatever its name: ${what}`, async () => {
      expect(await found(content)).toMatchObject([
        { path: [1], fileName: 'x.bin', office, macros, encrypted, bytes: content.length },
      ])
    })
  }

  for (const [what, content] of [
    ['an archive of pictures', zip({ 'a.png': 'x' })],
    ['an empty archive', zip({})],
    [
      'a drawing of Visio',
      zip({
        '[Content_Types].xml':
          '<Types><Override ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>',
        'visio/x': '',
      }),
    ],
    ['a drawing of OpenDocument', openDocument('graphics', { 'META-INF/manifest.xml': 'x' })],
    ['a mail of Outlook', compound({ '__properties_version1.0': text('x') })],
    ['a letter', text('Dear Bob')],
    ['a page', text('<html xmlns:w="urn:schemas-microsoft-com:office:word"><body>x</body></html>')],
    ['a PDF', text('%PDF-1.7')],
  ] as const) {
    it(`and ${what} is none`, async () => {
      expect(await found(content)).toEqual([])
    })
  }

  it('in every transfer encoding, at every place, with the path to it', async () => {
    const rtf = '{\\rtf1 x}'
    const quoted = await found(text('=7B\\rtf1 x}'), 'a.txt', 'quoted-printable')
    expect(quoted).toMatchObject([{ path: [1], office: 'rtf', bytes: rtf.length }])
    const alone = `From: a@b.example\r\nContent-Type: application/msword\r\n\r\n${rtf}`
    expect(officeIn(await attachedFiles(receivedMessage(alone), never))).toMatchObject([
      { path: [], fileName: 'document.rtf' },
    ])
    const forwarded = Buffer.concat([
      Buffer.from('From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n'),
      mailWith(openXml('docx'), 'Brief für Ann.docx'),
    ])
    expect(officeIn(await attachedFiles(receivedMessage(forwarded), never))).toMatchObject([
      { path: [0, 1], office: 'docx' },
    ])
  })
})

describe('what bears the name of an Office file', () => {
  for (const [what, name, content, office] of [
    ['a page', 'letter.doc', '<html><body>x</body></html>', 'doc'],
    ['a page behind text', 'letter.doc', 'see <b>this</b>', 'doc'],
    ['a web archive', 'letter.doc', 'MIME-Version: 1.0\r\nContent-Type: multipart/related', 'doc'],
    ['a table in text, which is calculated', 'table.xls', '=cmd|x', 'xls'],
    ['bytes that nobody knows', 'table.xlsx', '\0\x01\x02', 'xlsx'],
    ['a name that Windows shortens', 'table.xlsx. ', '\0\x01\x02', 'xlsx'],
    ['a zip without the parts', 'letter.docx', zip({ a: 'x' }), 'docx'],
    ['a compound file of another kind', 'letter.doc', compound({ x: text('x') }), 'doc'],
  ] as const) {
    it(`is held as one: ${what}`, async () => {
      expect(await found(Buffer.from(content), name)).toMatchObject([{ office }])
    })
  }

  for (const [what, name, content] of [
    ['plain text', 'letter.doc', 'Dear Bob,\r\n1 < 2'],
    ['a PDF', 'letter.docx', '%PDF-1.7'],
    ['nothing', 'letter.docx', ''],
  ] as const) {
    it(`passes as what it is: ${what}`, async () => {
      expect(await found(Buffer.from(content), name)).toEqual([])
    })
  }

  it('is held when its transfer encoding is none that we know', async () => {
    expect(await found(text('begin 644 x.doc'), 'x.doc', 'x-uuencode')).toMatchObject([{ office: 'doc' }])
  })

  it('is known by its Content-Type too', async () => {
    expect(await found(text('\0'), 'x', 'base64', 'application/msword')).toMatchObject([{ office: 'doc' }])
  })
})

describe('an archive that is written in an unusual way', () => {
  /** As large archives are: the numbers of the end record stand in a Zip64 record before it. */
  function zip64(content: Uint8Array): Buffer {
    const end = content.length - 22
    const plain = Buffer.from(content)
    const record = Buffer.alloc(56 + 20)
    record.write('PK\x06\x06', 0, 'latin1')
    record.writeBigUInt64LE(BigInt(plain.readUInt32LE(end + 12)), 40)
    record.writeBigUInt64LE(BigInt(plain.readUInt32LE(end + 16)), 48)
    record.write('PK\x06\x07', 56, 'latin1')
    const tail = Buffer.from(plain.subarray(end)).fill(0xff, 8, 20)
    return Buffer.concat([plain.subarray(0, end), record, tail])
  }
  const nested = zip({ 'inner.zip': Buffer.from(openXml('xlsx')).toString('latin1'), 'a.txt': 'x' })

  for (const [what, content, office] of [
    ['with large numbers', zip64(openXml('docm', { 'word/vbaProject.bin': 'x' })), 'docx'],
    [
      'with a comment',
      Buffer.concat([openXml('pptx').slice(0, -2), Buffer.from([5, 0]), text('hello')]),
      'pptx',
    ],
  ] as const) {
    it(`is read: ${what}`, async () => {
      expect(await found(content)).toMatchObject([{ office }])
    })
  }

  it('is not taken for what it contains', async () => {
    expect(await found(nested)).toEqual([])
  })

  it('is held when its directory denies what its members are', async () => {
    const denied = Buffer.from(openXml('docx', { 'word/document.xml': 'x' }))
    denied.fill(0, denied.length - 14, denied.length - 6)
    expect(await found(denied)).toMatchObject([{ office: 'docx' }])
  })
})

describe('a broken Office file is one all the same', () => {
  for (const [what, content, office] of [
    [
      'a zip without its directory',
      openXml('docx', { 'word/document.xml': 'x'.repeat(500) }).slice(0, -60),
      'docx',
    ],
    ['a zip that ends early', openXml('xlsx', { 'xl/workbook.xml': 'x' }).slice(0, -200), 'xlsx'],
    [
      'a description that does not inflate',
      zip({ '[Content_Types].xml': '', 'ppt/presentation.xml': 'x' }),
      'pptx',
    ],
    ['a compound file cut behind its header', plainDocument.subarray(0, 600), 'doc'],
    ['half a header', plainDocument.subarray(0, 100), 'doc'],
    [
      'a compound file without a directory',
      Buffer.concat([plainDocument.subarray(0, 512), Buffer.alloc(4096)]),
      'doc',
    ],
  ] as const) {
    it(what, async () => {
      expect(await found(content)).toMatchObject([{ office }])
    })
  }

  for (const [what, description] of [
    ['in entities', '<!DOCTYPE Types [<!ENTITY t "application/vnd.openxml">]><Types ContentType="&t;"/>'],
    ['in character references', '<Types><Override ContentType="&#97;pplication/vnd.x"/></Types>'],
    ['in nothing that we can read', '\0\0'],
  ] as const) {
    it(`and so is one that tells its kind ${what}`, async () => {
      expect(await found(zip({ '[Content_Types].xml': description, 'x.xml': 'x' }))).toMatchObject([
        { office: 'docx' },
      ])
    })
  }

  it('a description that inflates without end is not inflated', async () => {
    const bomb = openXml('docx', { 'word/document.xml': 'x', '[Content_Types].xml': ' '.repeat(50_000_000) })
    expect(await found(bomb)).toMatchObject([{ office: 'docx' }])
  })
})

describe('hostile bytes in an attachment', () => {
  const samples = [
    openXml('docm'),
    openDocument('text'),
    plainDocument,
    compound({ Workbook: records([0x809, [0, 6]]) }),
  ]
  const beginnings = ['PK\x03\x04', 'PK\x05\x06', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', '{\\rtf', '<?xml']

  test('arbitrary ones behind every signature are judged without an error', async () => {
    const bytes = fc
      .tuple(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 2000 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]))
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('x', 'x.doc', 'x.xlsx'), async (content, name) => {
        for (const { bytes: size } of await found(content, name)) expect(size).toBe(content.length)
      }),
    )
  })

  test('changed ones anywhere in real files too', async () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(change, { maxLength: 20 }),
        async (sample, changes) => {
          const content = Buffer.from(sample)
          for (const [at, value] of changes) content[at % content.length] = value
          await found(content, 'x.docx')
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a compound file whose every number points to itself ends', async () => {
    const content = Buffer.from(plainDocument)
    for (let at = 44; at < content.length; at += 4) content.writeUInt32LE(0, at)
    content.writeUInt8(5, 512 + 66)
    expect(await found(content)).toHaveLength(1)
  })
})

const office = resolve(import.meta.dirname, '../../../../shared/testdata/office')
const corpus = existsSync(office)
  ? describe
  : (title: string, run: () => void) => describe.skip(`${title} (no office files beside the repository)`, run)

corpus('real files', () => {
  interface Entry {
    readonly file: string
    readonly format: string
    readonly declared_ext: string
    readonly macros: boolean
    readonly features?: string[]
    readonly reason?: string
  }
  const { files } = existsSync(office)
    ? (JSON.parse(readFileSync(join(office, 'MANIFEST.json'), 'utf8')) as { files: Entry[] })
    : { files: [] }
  const kindOf: Record<string, string> = {
    docm: 'docx',
    dotx: 'docx',
    dotm: 'docx',
    xlsm: 'xlsx',
    pptm: 'pptx',
    ppsx: 'pptx',
    html: 'doc',
    'zip-damaged': 'docx',
  }
  for (const { file, format, declared_ext, macros, features = [], reason } of files) {
    it(`${file} is ${format}`, async () => {
      const content = readFileSync(join(office, file))
      const attachments = await found(content, file)
      if (format === 'tnef')
        return expect(attachments).toMatchObject([
          { office: 'rtf' },
          { office: 'doc', fileName: 'quick.doc' },
        ])
      const kind = format.startsWith('ooxml-encrypted') ? declared_ext : (kindOf[format] ?? format)
      const encrypted =
        reason === 'password-protected' || features.includes('encrypted-with-default-password')
      // invoice.pdf has a VBA project with an empty module, which its manifest does not count.
      const hasProject = macros || file === 'invoice.pdf'
      expect(attachments).toMatchObject([
        { office: kind, macros: hasProject, encrypted, bytes: content.length },
      ])
    })
  }
})
