import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { dangerousContent, dangerousName } from '../../../src/inspection/dangerous-type.ts'
import { dangerousFiles } from '../../../src/inspection/forbidden-files.ts'
import type { DangerousType } from '../../../src/message/facts.ts'
import { compound, openXml } from '../../support/office-samples.ts'
import { receivedMessage } from '../../support/received-message.ts'

const never = new AbortController().signal

/** A mail with one attachment. */
function mailWith(content: Uint8Array | string, fileName: string, type = 'application/octet-stream') {
  const encodedName = `=?utf-8?B?${Buffer.from(fileName).toString('base64')}?=`
  return receivedMessage(
    [
      'From: ann@partner.example',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'Guten Tag',
      '--b',
      `Content-Type: ${type}`,
      `Content-Disposition: attachment; filename="${encodedName}"`,
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(content).toString('base64'),
      '--b--',
      '',
    ].join('\n'),
  )
}
const typesIn = async (content: Uint8Array | string, fileName: string) =>
  (await dangerousFiles(mailWith(content, fileName), never)).map(({ type }) => type)

const bytes = (hex: string, length = 200) =>
  Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.alloc(length)])
const program = bytes('4d5a9000')
const zip = (members: Record<string, Uint8Array | string>) =>
  zipSync(Object.fromEntries(Object.entries(members).map(([name, content]) => [name, Buffer.from(content)])))
/** Begins with what cannot be packed. */
function noisy(image: Buffer): Buffer {
  for (let at = 0, state = 1; at < 12_000; at += 1) {
    state = (state * 48_271) % 2_147_483_647
    image[at] = state >> 8
  }
  return image
}
const at = (offset: number, text: string, size = 40_000) => {
  const image = Buffer.alloc(size)
  image.write(text, offset, 'latin1')
  return image
}
/** The root of an installer's compound file has a class of its own. */
function installer(): Buffer {
  const file = compound({ Property: Buffer.from('x') })
  const root = (file.readUInt32LE(48) + 1) * 512
  Buffer.from('84100c0000000000c000000000000046', 'hex').copy(file, root + 80)
  return file
}

describe('an attachment is known by its content, whatever its name', () => {
  for (const [what, content, type] of [
    ['a program for Windows', program, 'executable'],
    ['a program for Linux', bytes('7f454c46'), 'executable'],
    ['a program for macOS', bytes('cffaedfe'), 'executable'],
    ['a fat program for macOS', bytes('cafebabe00000002'), 'executable'],
    ['a class of Java', bytes('cafebabe00000041'), 'java'],
    ['a shortcut', bytes('4c0000000114020000000000c000000000000046'), 'shortcut'],
    ['an Internet shortcut', '[InternetShortcut]\r\nURL=file://x', 'shortcut'],
    ['a CD image', at(32_769, 'CD001'), 'disk-image'],
    ['a UDF image', at(32_769, 'BEA01'), 'disk-image'],
    ['a virtual disk', at(0, 'conectix'), 'disk-image'],
    ['a newer virtual disk', at(0, 'vhdxfile'), 'disk-image'],
    ['an installer', installer(), 'installer'],
    ['a cabinet', at(0, 'MSCF\0\0\0\0'), 'installer'],
    ['a help file', at(0, 'ITSF\x03'), 'help-file'],
    ['a notebook', bytes('e4525c7b8cd8a74daeb15378d02996d3'), 'onenote'],
    ['a shell script', '#!/bin/sh\nrm -rf /', 'script'],
    ['a script of Windows', '<job id="x"><script language="VBScript">', 'script'],
    ['an encoded script', '#@~^AAAAAA==', 'script'],
    ['an HTML application', '<html><head><HTA:APPLICATION id="x">', 'html-application'],
    ['a start file of Java', '<?xml version="1.0"?><jnlp spec="1.0+">', 'java'],
    ['an archive of Java', zip({ 'META-INF/MANIFEST.MF': 'x', 'a/B.class': 'x' }), 'java'],
    ['a package of Windows', zip({ 'AppxManifest.xml': 'x' }), 'installer'],
    ['an archive with a program', zip({ 'docs/a.bin': program }), 'executable'],
    [
      'a program in three archives',
      zip({ 'b.zip': zip({ 'c.zip': zip({ 'd.dat': program }) }) }),
      'executable',
    ],
    [
      'an archive with a CD image of nearly nothing',
      zip({ a: at(32_769, 'CD001', 10_000_000) }),
      'disk-image',
    ],
    [
      'an archive with a CD image behind noise',
      zip({ a: noisy(at(32_769, 'CD001', 10_000_000)) }),
      'disk-image',
    ],
    ['an archive in three archives', zip({ b: zip({ c: zip({ d: zip({ e: 'x' }) }) }) }), 'archive-bomb'],
  ] as const satisfies readonly (readonly [string, Uint8Array | string, DangerousType])[]) {
    it(what, async () => expect(await typesIn(content, 'file.pdf')).toEqual([type]))
  }
})

describe('or by its name, whatever its content', () => {
  for (const [name, type] of [
    ['Rechnung.exe', 'executable'],
    ['Rechnung.pdf.exe', 'executable'],
    ['Rechnung.pdf                                        .scr', 'executable'],
    ['rechnung.EXE. ', 'executable'],
    ['rechnung.ｅｘｅ', 'executable'],
    ['makro.xll', 'executable'],
    ['a.js', 'script'],
    ['a.vbs', 'script'],
    ['a.ps1', 'script'],
    ['a.bat', 'script'],
    ['a.lnk', 'shortcut'],
    ['a.iso', 'disk-image'],
    ['a.msi', 'installer'],
    ['a.hta', 'html-application'],
    ['a.chm', 'help-file'],
    ['a.jar', 'java'],
    ['a.one', 'onenote'],
    ['Rechnung.pdf.html', 'disguised-name'],
    ['Bild.jpg.com', 'disguised-name'],
    ['Rechnung‮fdp.html', 'disguised-name'],
  ] as const) {
    it(JSON.stringify(name), async () => expect(await typesIn('text', name)).toEqual([type]))
  }

  it('also in an archive that is locked or broken', async () => {
    const archive = Buffer.from(zip({ 'inner.exe': 'text' }))
    const locked = Buffer.from(archive)
    locked.writeUInt16LE(locked.readUInt16LE(6) | 1, 6)
    const directory = locked.indexOf('PK\x01\x02', 0, 'latin1')
    locked.writeUInt16LE(locked.readUInt16LE(directory + 8) | 1, directory + 8)
    expect(await typesIn(locked, 'a.zip')).toEqual(['executable'])
    expect(await typesIn(archive.subarray(0, -30), 'a.zip')).toEqual(['executable'])
  })
})

describe('what people send passes', () => {
  for (const [name, content] of [
    ['Rechnung.pdf', '%PDF-1.7'],
    ['Bericht.docx', openXml('docx')],
    ['Bericht.2026.xlsx', openXml('xlsx')],
    ['alt.doc', compound({ WordDocument: Buffer.from('x') })],
    ['Fotos.zip', zip({ 'a.jpg': bytes('ffd8ff'), 'b/': '' })],
    ['MZ.txt', 'MZ-Kaution für die Wohnung, wie besprochen. Mit freundlichen Grüßen, und noch mehr Text.'],
    ['www.example.com', 'text'],
    ['Seite.html', '<html>'],
    ['daten.csv', 'a;b'],
    ['smime.p7s', bytes('3082')],
    ['Dr. Comer', 'text'],
    ['bild.svg', '<svg/>'],
    ['leer', ''],
    ['Ein Skript in Worten.txt', 'Die Zeile #!/bin/sh steht am Anfang.'],
  ] as const) {
    it(name, async () => expect(await typesIn(content, name)).toEqual([]))
  }

  it('and the text of a mail is no script', async () => {
    const message = receivedMessage('From: a@b.example\n\n#!/bin/sh ist die erste Zeile.\n')
    expect(await dangerousFiles(message, never)).toEqual([])
  })
})

it('mail that was forwarded many times is no bomb', async () => {
  let content: Uint8Array = Buffer.from('From: a@b.example\r\n\r\nHallo\r\n')
  for (let times = 0; times < 6; times += 1) {
    const { source } = mailWith(content, 'Nachricht.eml')
    content = source.read(0, source.size)
  }
  expect(await typesIn(content, 'Nachricht.eml')).toEqual([])
})

it('a program in a forwarded message is found, with its name made fit to be shown', async () => {
  const inner = mailWith(program, 'a\r\nX: y.dat').source.read(0, 100_000)
  const outer = receivedMessage(
    Buffer.concat([Buffer.from('From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n'), inner]),
  )
  expect(await dangerousFiles(outer, never)).toEqual([{ fileName: 'a  X: y.dat', type: 'executable' }])
})

it('an archive whose members share bytes is a bomb', async () => {
  const archive = Buffer.from(zip({ a: 'xxxx', b: 'yyyy' }))
  const second = archive.lastIndexOf('PK\x01\x02', undefined, 'latin1')
  archive.writeUInt32LE(0, second + 42)
  expect(await typesIn(archive, 'a.zip')).toEqual(['archive-bomb'])
})

it('thousands of programs are told once for each kind, and a few by name', async () => {
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}.exe`, 'x']))
  const found = await typesIn(zip({ ...many, 'z.js': 'x' }), 'a.zip')
  expect(found.length).toBe(21)
  expect(new Set(found)).toEqual(new Set(['executable', 'script']))
})

it('no bytes and no name make the search fail', async () => {
  const starts = ['', 'PK\x03\x04', 'PK\x05\x06', '\xd0\xcf\x11\xe0', 'MZ', '\x78\x9f\x3e\x22', '#!']
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...starts),
      fc.uint8Array({ maxLength: 600 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
      async (start, rest, name) => {
        dangerousName(name)
        dangerousContent(Buffer.from(rest), true)
        await typesIn(Buffer.concat([Buffer.from(start, 'latin1'), rest]), name)
      },
    ),
    { numRuns: 200 },
  )
})
