import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { converterAt } from '../../src/converter/client.ts'
import type { ConversionResult } from '../../src/converter/converter.ts'
import { type RunningConverter, serveConverter } from '../../src/converter/serve.ts'
import { TemporaryFailure } from '../../src/failure.ts'
import { partBytes } from '../../src/message/build-part.ts'
import { decodedBytes } from '../../src/message/decode-body.ts'
import { MimeScanner } from '../../src/message/mime-scanner.ts'
import { derivePdfPassword } from '../../src/protection/pdf/derive.ts'
import { type PdfHouse, pdfEntity } from '../../src/protection/pdf/pdf-entity.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { receivedMessage } from '../support/received-message.ts'

const run = promisify(execFile)
const needed = [
  '/usr/bin/bwrap',
  '/usr/bin/qpdf',
  '/usr/bin/pdftotext',
  '/usr/bin/mutool',
  '/usr/bin/weasyprint',
]
const missing = needed.filter((program) => !existsSync(program))
if (missing.length > 0 && process.env.CI) throw new Error(`Needed here: ${missing.join(', ')}`)

const password = 'Lampe Gurke Fenster'
const derived = derivePdfPassword(password)
const organization = { name: 'Kanzlei Müller & Söhne', telephone: '+49 30 5550100' }
const patience = () => AbortSignal.timeout(120_000)
const head = `From: Anna =?utf-8?q?M=C3=BCller?= <anna@kanzlei.example>
To: kunde@bau.example
Date: Sat, 21 Nov 2026 23:51:00 +0100
Subject: =?utf-8?q?Bescheid_f=C3=BCr_2025?=
MIME-Version: 1.0
`
const mixed = (...parts: string[]) =>
  `${head}Content-Type: multipart/mixed; boundary=b\n\n${parts.map((part) => `--b\n${part}\n`).join('')}--b--\n`
const html = (body: string) => `${head}Content-Type: text/html; charset=utf-8\n\n${body}\n`
const file = (name: string, content: Buffer | string) =>
  `Content-Type: application/octet-stream\nContent-Disposition: attachment; ${name}\nContent-Transfer-Encoding: base64\n\n${Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\n')}`

describe.skipIf(missing.length > 0)(
  `a mail as a PDF${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`,
  () => {
    let folder = ''
    let running: RunningConverter
    let house: PdfHouse
    const requests: string[] = []
    const listener = createServer((request, response) => {
      requests.push(request.url ?? '')
      response.end()
    })

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pdf-mail-'))
      const socket = join(folder, 'converter.sock')
      running = await serveConverter({ listen: socket, workers: 1, onEvent: () => {} })
      await running.confined
      house = {
        converter: converterAt(socket),
        workFolder: await mkdtemp(join(folder, 'work-')),
        organization,
      }
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    })
    afterAll(async () => {
      listener.close()
      await running[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    })

    const address = () => {
      const at = listener.address()
      return `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}`
    }

    /** The container of a message as the recipient saves it, and the text beside it. */
    async function container(
      message: string | Uint8Array,
      with_: Partial<PdfHouse> = {},
      signal = patience(),
    ) {
      await using workspace = openWorkspace(folder, { sizeLimit: 200e6 })
      const entity = await pdfEntity(
        receivedMessage(message),
        derived,
        { ...house, ...with_ },
        workspace,
        signal,
      )
      const source = partBytes(entity)
      const scanner = new MimeScanner()
      for await (const piece of source.stream()) scanner.push(piece)
      const [cover, pdf, ...more] = scanner.end().root.children
      if (!cover || !pdf || more.length > 0) throw new Error('not a cover and a PDF')
      const path = join(folder, `${crypto.randomUUID()}.pdf`)
      await writeFile(path, await decodedBytes(source, pdf, 100e6))
      return { path, cover: Buffer.from(await decodedBytes(source, cover, 1e6)).toString('utf8'), pdf }
    }
    const textOf = async (path: string) =>
      (await run('pdftotext', ['-layout', '-upw', password, path, '-'])).stdout.replaceAll(/\s+/g, ' ')
    async function attachmentsOf(path: string): Promise<Map<string, Buffer>> {
      const out = await mkdtemp(join(folder, 'saved-'))
      const { stdout } = await run('pdfdetach', ['-list', '-upw', password, path])
      const names = [...stdout.matchAll(/^\d+: (.*)$/gm)].map(([, name = '']) => name)
      const saved = new Map<string, Buffer>()
      for (const [index, name] of names.entries()) {
        const target = join(out, `${index}`)
        await run('pdfdetach', ['-save', `${index + 1}`, '-o', target, '-upw', password, path])
        saved.set(name, await readFile(target))
      }
      return saved
    }
    const objectsOf = async (path: string) =>
      (
        await run(
          'qpdf',
          [`--password=${password}`, '--decrypt', '--qdf', '--object-streams=disable', path, '-'],
          {
            encoding: 'latin1',
            maxBuffer: 100e6,
          },
        )
      ).stdout

    it('opens with the password in three readers, with no other and none in none', async () => {
      const { path, cover, pdf } = await container(`${head}\nGuten Tag, streng geheim.\n`)
      expect(pdf.fileName).toBe('Message.pdf')
      expect(cover).toContain('Kanzlei Müller & Söhne schreibt Ihnen vertraulich')
      const readers = [
        (given: string) => run('qpdf', [`--password=${given}`, '--check', path]),
        (given: string) => run('pdftotext', ['-upw', given, path, '-']),
        (given: string) => run('mutool', ['draw', '-p', given, '-F', 'txt', '-o', '/dev/null', path]),
      ]
      for (const open of readers) {
        await open(password)
        await expect(open('')).rejects.toThrow()
        await expect(open(`${password}!`)).rejects.toThrow()
      }
      expect(await readFile(path, 'latin1')).not.toContain('geheim')
    })

    it('shows who, to whom, when in German, about what, and the text', async () => {
      const { path } = await container(
        `${head}Content-Type: text/plain; charset=utf-8\n\nGrüße an <alle> & \u{1f600} שלום\n`,
      )
      const text = await textOf(path)
      for (const shown of [
        'Kanzlei Müller & Söhne',
        'Anna Müller <anna@kanzlei.example>',
        'kunde@bau.example',
        'Samstag, 21. November 2026, 23:51',
        'Bescheid für 2025',
        'Grüße an <alle> &',
      ]) {
        expect(text).toContain(shown)
      }
    })

    it('asks nobody, links to nothing, runs nothing and takes in no file, whatever the HTML wants', async () => {
      const at = address()
      const { path } = await container(
        html(`<base href="${at}/"><meta http-equiv=refresh content="0;url=${at}/refresh">
<link rel=stylesheet href="${at}/link"><link rel=attachment href="file:///etc/hostname">
<style>@import url(${at}/import); body { background: url(${at}/style) }</style>
<script>fetch("${at}/script")</script><script src="${at}/script"></script>
<p onclick="fetch('${at}/event')" style="background:url(${at}/css);color:red;width:expression(alert(1))">sichtbar</p>
<img src="${at}/img"><img src="file:///etc/passwd"><img srcset="${at}/srcset 2x"><img src="data:image/svg+xml;base64,PHN2Zy8+">
<iframe src="file:///etc/passwd"></iframe><object data="${at}/object"></object><embed src="${at}/embed">
<svg><image href="${at}/svg"/><a xlink:href="${at}/a">s</a></svg><video poster="${at}/poster"></video>
<form action="${at}/form"><input name=x value=y><button>los</button></form>
<a href="javascript:alert(1)">skript</a> <a href="${at}/ziel">hier klicken</a> <a href="https://www.elster.de/">www.elster.de</a>
<table background="${at}/table"><tr><td><div><b>offen geblieben`),
      )
      const text = await textOf(path)
      expect(text).toContain('sichtbar')
      expect(text).toContain('offen geblieben')
      // Where a link led is content, so it stands there as text; once.
      expect(text).toContain(`hier klicken [${at}/ziel]`)
      expect(text.match(/www\.elster\.de/g)).toHaveLength(1)
      expect(requests).toEqual([])
      const objects = await objectsOf(path)
      expect(objects).not.toMatch(/\/(?:URI|Annots|JS|JavaScript|Launch|AcroForm|EmbeddedFile|SubmitForm)\b/)
      expect(text).not.toMatch(/root:x:0/)
    })

    it('lets nothing run over the edge of the paper', async () => {
      const { path } = await container(
        html(`<table width=1600 border=1 style="width:1600px"><tr><td nowrap style="width:1200px;white-space:nowrap">${'Spalte '.repeat(40)}</td><td style="width:400px">letztes Wort</td></tr></table>
<pre style="white-space:pre">${'vorformatiert '.repeat(60)}Ende</pre><p>${'x'.repeat(900)}fertig</p>`),
      )
      const { stdout } = await run('pdftotext', ['-bbox', '-upw', password, path, '-'])
      const right = [...stdout.matchAll(/xMax="([\d.]+)"/g)].map(([, x]) => Number(x))
      expect(right.length).toBeGreaterThan(100)
      expect(Math.max(...right)).toBeLessThan(595 - 50)
    })

    it('carries every attachment, byte for byte, each under a name of its own', async () => {
      const large = Buffer.alloc(25 * 1024 * 1024, 'Abschreibung 2025\n')
      const { path } = await container(
        mixed(
          'Content-Type: text/plain\n\nsiehe Anlagen',
          file("filename*=UTF-8''%C3%9Cbersicht.xlsx", 'eins'),
          file('filename="a.txt"', 'zwei'),
          file('filename="A.TXT"', 'drei'),
          file('filename="../../etc/x"', 'vier'),
          file('x=y', 'fünf'),
          file('filename=leer.bin', ''),
          file('filename=gross.bin', large),
          `Content-Type: message/rfc822\n\nSubject: innen\n\nText`,
        ),
      )
      const saved = await attachmentsOf(path)
      expect(
        [...saved].filter(([name]) => name !== 'gross.bin').map(([name, bytes]) => [name, bytes.toString()]),
      ).toEqual([
        ['Übersicht.xlsx', 'eins'],
        ['a.txt', 'zwei'],
        ['A (2).TXT', 'drei'],
        ['.._.._etc_x', 'vier'],
        ['Anlage-5.bin', 'fünf'],
        ['leer.bin', ''],
        ['Nachricht-8.eml', 'Subject: innen\r\n\r\nText'],
      ])
      expect(saved.get('gross.bin')?.equals(large)).toBe(true)
      expect(await textOf(path)).toContain('26,2 MB')
    })

    it('attaches what the page does not show: pictures that nobody refers to, too much text, an unknown charset', async () => {
      const png =
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
      const picture = (id: string, type = 'png') =>
        `Content-Type: image/${type}\nContent-ID: <${id}>\nContent-Transfer-Encoding: base64\n\n${png}`
      const { path } = await container(
        mixed(
          'Content-Type: text/html\n\n<p>Bild: <img src="cid:shown" width=40><img src="cid:other">',
          picture('shown'),
          picture('unused'),
          picture('other', 'webp'),
          'Content-Type: text/plain; charset=x-nobody-knows\n\nGr=FC=DFe',
          `Content-Type: text/plain\n\n${'lang und breit\n'.repeat(80_000)}`,
        ),
      )
      expect([...(await attachmentsOf(path)).keys()]).toEqual([
        'Anlage-1.txt',
        'Anlage-2.txt',
        'Anlage-3.png',
        'Anlage-4.webp',
      ])
      expect((await objectsOf(path)).match(/\/Subtype \/Image/g)?.length).toBeGreaterThanOrEqual(1)
    })

    it('reads text that says nothing of its charset, or the wrong thing', async () => {
      const bytes = Buffer.concat([
        Buffer.from(`${head}\n`.replaceAll('\n', '\r\n')),
        Buffer.from('Gr\xfc\xdfe\r\n', 'latin1'),
      ])
      expect(await textOf((await container(bytes)).path)).toContain('Grüße')
    })

    it('falls back to a plain page with the message attached when it cannot be drawn', async () => {
      const render = async (): Promise<ConversionResult> => ({ kind: 'failed', reason: 'time-limit' })
      const many = Array.from({ length: 30 }, (_, index) => file(`filename=${index}.txt`, 'x'))
      const { path } = await container(mixed('Content-Type: text/plain; charset=utf-8\n\nGrüße Ą', ...many), {
        converter: { render },
      })
      const text = await textOf(path)
      expect(text).toContain('Nachricht.html')
      expect(text).toContain('und 12 weitere')
      const saved = await attachmentsOf(path)
      expect(saved.size).toBe(31)
      expect(saved.get('Nachricht.html')?.toString()).toContain('<pre>Grüße Ą')
    })

    it('waits, and leaves nothing behind, when the renderer is busy or down, or nobody waits any more', async () => {
      for (const reason of ['busy', 'unavailable'] as const) {
        const render = async (): Promise<ConversionResult> => ({ kind: 'failed', reason })
        await expect(container(`${head}\nx\n`, { converter: { render } })).rejects.toBeInstanceOf(
          TemporaryFailure,
        )
      }
      const stop = new AbortController()
      const render = async (text: string, signal: AbortSignal) => {
        const result = await house.converter.render(text, signal)
        setTimeout(() => stop.abort(), 1) // while qpdf is at work
        return result
      }
      await expect(
        container(
          mixed(file('filename=x', Buffer.alloc(20e6, 'ab'))),
          { converter: { render } },
          stop.signal,
        ),
      ).rejects.toBeInstanceOf(Error)
      expect(await readdir(house.workFolder)).toEqual([])
    })
  },
)
