import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { type ArrivedPart, arrivedParts, textOf } from '../../src/demonstration/attachments.ts'
import { wordFile } from '../../src/demonstration/compose.ts'
import { anna, builder } from '../../src/demonstration/people.ts'
import { arrived, since } from '../../src/demonstration/sample.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { tnef } from '../support/tnef.ts'

const folder = resolve(import.meta.dirname, '../../../shared/testdata/office')

interface Listed {
  readonly file: string
  readonly declared_ext: string
  readonly expected: 'converts' | 'fails' | 'container'
  readonly accept_also?: string
  readonly reason?: string
  readonly pages?: number
  readonly snippet?: string
  readonly macros: boolean
}

const manifest: readonly Listed[] = existsSync(join(folder, 'MANIFEST.json'))
  ? JSON.parse(readFileSync(join(folder, 'MANIFEST.json'), 'utf8')).files
  : []

/** What the notice says for the manifest's reasons. */
const reasons: Readonly<Record<string, RegExp>> = {
  'expands beyond the limit': /sie ist zu groß/,
  'password-protected': /mit einem Passwort geschützt/,
  'time-limit': /dauerte zu lange/,
  unreadable: /sie ist beschädigt/,
}

function pdfText(pdf: Buffer): { readonly text: string; readonly pages: number } {
  using place = temporaryFolder()
  const file = join(place.path, 'x.pdf')
  writeFileSync(file, pdf)
  const text = execFileSync('pdftotext', ['-q', '-layout', file, '-'], { encoding: 'utf8' })
  const raw = execFileSync('pdftotext', ['-q', '-raw', file, '-'], { encoding: 'utf8' })
  const pages = /^Pages:\s+(\d+)/m.exec(execFileSync('pdfinfo', [file], { encoding: 'utf8' }))?.[1]
  return { text: `${text}\n${raw}`.replaceAll(/\s+/g, ' '), pages: Number(pages) }
}

describe.skipIf(noSite)(`Office files through Postfix and LibreOffice${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()

  /** Sends a mail with one attachment; its parts as they arrive, and the message. */
  async function through(fileName: string, content: Uint8Array) {
    const isNew = since(site())
    const sender = senderOf(site(), builder)
    const message = await letterFrom(sender, {
      subject: `Datei ${fileName}`,
      attachment: { fileName, content },
    })
    const reply = await sendFrom(site(), sender, message)
    expect(reply.text).toMatch(/^250 /)
    // The original's own mail comes a few seconds later and has another subject.
    const mail = await arrived(site(), anna, (each) => isNew(each) && each.content.includes('Guten Tag.'))
    return { parts: arrivedParts(mail.content), text: mail.content.toString('latin1') }
  }
  /** What the scanner does not unpack to its end is not clean: the mail comes again, and nothing of it is delivered. */
  async function isBeyondTheScanner(fileName: string, content: Uint8Array): Promise<boolean> {
    const sender = senderOf(site(), builder)
    const message = await letterFrom(sender, { subject: 'Bombe', attachment: { fileName, content } })
    const { text } = await sendFrom(site(), sender, message)
    expect(text).toMatch(/^(?:250 |451-4\.3\.0 )/)
    return text.startsWith('451')
  }
  const pdfs = (parts: readonly ArrivedPart[]) => parts.filter(({ type }) => type === 'application/pdf')

  test('a letter arrives as a PDF with its text', async () => {
    const { parts } = await through('Brief.docx', wordFile(['Mandant 4711']))
    expect(pdfs(parts).map(({ fileName }) => fileName)).toEqual(['Brief.pdf'])
    expect(pdfText(pdfs(parts)[0]?.bytes ?? Buffer.alloc(0)).text).toContain('Mandant 4711')
  })

  test('an archive keeps its name and invoice, its letters become PDFs', async () => {
    const invoice = Buffer.from(
      '<?xml version="1.0"?><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>',
    )
    const archive = zipSync({
      'a.docx': wordFile(['Erster Brief']),
      'b/b.docx': wordFile(['Zweiter Brief']),
      'xrechnung.xml': invoice,
    })
    const { parts, text } = await through('Akte.zip', archive)
    const arrivedZip = parts.find(({ fileName }) => fileName === 'Akte.zip')
    const members = unzipSync(arrivedZip?.bytes ?? Buffer.alloc(0))
    expect(Object.keys(members).sort()).toEqual(['a.pdf', 'b/b.pdf', 'xrechnung.xml'])
    expect(pdfText(Buffer.from(members['b/b.pdf'] ?? [])).text).toContain('Zweiter Brief')
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    expect(digest(members['xrechnung.xml'] ?? new Uint8Array())).toBe(digest(invoice))
    expect(text).toContain('X-Postsiegel-Invoices: xrechnung.xml (UBL invoice)')
  })

  test('TNEF arrives as its parts', async () => {
    const stream = tnef(
      [{ name: 'Brief.docx', content: wordFile(['Aus Outlook']) }],
      'Sehr geehrte Frau Weber',
    )
    const { parts } = await through('winmail.dat', stream)
    expect(textOf(parts)).toContain('Sehr geehrte Frau Weber')
    expect(pdfText(pdfs(parts)[0]?.bytes ?? Buffer.alloc(0)).text).toContain('Aus Outlook')
    expect(parts.map(({ fileName }) => fileName)).not.toContain('winmail.dat')
  })

  test('the record tells what was done, by kind and without names', () => {
    const decided = site()
      .events()
      .filter(({ event }) => event === 'decided')
    expect(JSON.stringify(decided)).toContain('deliver; 2 docx converted, original held')
    expect(JSON.stringify(decided)).not.toContain('Akte')
  })

  describe.skipIf(manifest.length === 0)('the set of real files (skipped where it is not present)', () => {
    for (const listed of manifest) {
      test(`${listed.file} ${listed.expected}${listed.reason ? `: ${listed.reason}` : ''}`, async () => {
        const content = readFileSync(join(folder, listed.file))
        if (listed.reason === 'expands beyond the limit' && (await isBeyondTheScanner(listed.file, content)))
          return
        const { parts } = await through(listed.file, content)
        const [pdf] = pdfs(parts)
        const notice = textOf(parts)
        expect(parts.some(({ bytes }) => bytes.equals(content))).toBe(false)
        if (listed.expected === 'container') {
          expect(pdfs(parts).map(({ fileName }) => fileName)).toContain('quick.pdf')
          return
        }
        if (!pdf) {
          expect([listed.expected, listed.accept_also], notice).toContain('fails')
          expect(notice).toMatch(reasons[listed.reason ?? ''] ?? /konnte kein PDF erstellt werden/)
          return
        }
        expect([listed.expected, listed.accept_also]).toContain('converts')
        const { text, pages } = pdfText(pdf.bytes)
        if (listed.snippet) {
          const squeezed = (part: string) => part.replaceAll(/\s+/g, '')
          expect(squeezed(text)).toContain(squeezed(listed.snippet))
        }
        if (listed.pages !== undefined && listed.expected === 'converts') {
          // Fonts differ; of spreadsheets the most.
          const most = /^(?:xls|ods)/.test(listed.declared_ext) ? Math.max(3, listed.pages / 2) : 1
          expect(Math.abs(pages - listed.pages)).toBeLessThanOrEqual(most)
        }
        expect(/Makros/.test(notice) || !listed.macros).toBe(true)
      })
    }
  })
})
