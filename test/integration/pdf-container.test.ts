import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PDFDocument } from 'pdf-lib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { derivePdfPassword } from '../../src/protection/pdf/derive.ts'
import { sealContainer } from '../../src/protection/pdf/seal-container.ts'

const run = promisify(execFile)
const signal = new AbortController().signal
const page = 'Sehr geehrte Frau Weber'
const secret = Buffer.concat([Buffer.from('Anlage: streng vertraulich\n'), Buffer.alloc(300_000, 7)])

/** Whether a foreign reader opens the file with this password. */
const readers: Record<string, (file: string, password: string) => Promise<boolean>> = {
  qpdf: (file, password) => succeeds('qpdf', [`--password=${password}`, '--check', file]),
  poppler: async (file, password) =>
    (await run('pdftotext', ['-upw', password, file, '-']).catch(() => ({ stdout: '' }))).stdout.includes(
      page,
    ),
  mupdf: (file, password) =>
    succeeds('mutool', ['draw', '-p', password, '-F', 'txt', '-o', '/dev/null', file]),
}

describe('a PDF container', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postsiegel-pdf-'))
    const document = await PDFDocument.create()
    document.addPage().drawText(page)
    await writeFile(join(folder, 'page.pdf'), await document.save())
    await writeFile(join(folder, 'a1'), secret)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const seal = async (password: string) =>
    sealContainer(
      folder,
      join(folder, 'page.pdf'),
      [{ file: join(folder, 'a1'), name: 'Übersicht <1>.docx', mimeType: 'application/octet-stream' }],
      derivePdfPassword(password),
      signal,
    )

  for (const password of ['Lampe Gurke Fenster', 'Grüße-ß-€-Würzburg', 'a\'b"c (d) \\e $f']) {
    it(`opens with ${password} in every reader, and with nothing else in none`, async () => {
      const container = await seal(password)
      for (const [name, opens] of Object.entries(readers)) {
        expect([name, await opens(container, password)]).toEqual([name, true])
        expect([name, await opens(container, '')]).toEqual([name, false])
        expect([name, await opens(container, `${password}x`)]).toEqual([name, false])
      }
    })
  }

  it('gives the attachment back, byte for byte, under its name', async () => {
    const container = await seal('Lampe Gurke Fenster')
    const list = await run('pdfdetach', ['-list', '-upw', 'Lampe Gurke Fenster', container])
    expect(list.stdout).toContain('Übersicht <1>.docx')
    await run('pdfdetach', [
      '-save',
      '1',
      '-o',
      join(folder, 'out'),
      '-upw',
      'Lampe Gurke Fenster',
      container,
    ])
    expect(Buffer.compare(await readFile(join(folder, 'out')), secret)).toBe(0)
  })

  it('is AES-256 of revision 6 and shows no word of the message or of the names', async () => {
    const container = await seal('Lampe Gurke Fenster')
    const shown = await run('qpdf', ['--show-encryption', '--password=Lampe Gurke Fenster', container])
    expect(shown.stdout).toContain('R = 6')
    expect(shown.stdout).toContain('stream encryption method: AESv3')
    expect(shown.stdout).toContain('file encryption method: AESv3')
    const raw = await readFile(container)
    const name = Buffer.from('Übersicht', 'utf16le').swap16()
    for (const word of [Buffer.from('Weber'), Buffer.from('vertraulich'), Buffer.from('bersicht'), name]) {
      expect(raw.includes(word)).toBe(false)
    }
  })

  it('has a file key of its own each time', async () => {
    const first = await readFile(await seal('Lampe Gurke Fenster'))
    const second = await readFile(await seal('Lampe Gurke Fenster'))
    expect(Buffer.compare(first, second)).not.toBe(0)
  })
})

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  )
}
