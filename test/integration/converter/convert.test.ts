import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { converterAt, converterStatus } from '../../../src/converter/client.ts'
import type { ConversionResult, Converter } from '../../../src/converter/converter.ts'
import { withDescendants } from '../../../src/converter/process-tree.ts'
import { type ConverterEvent, type RunningConverter, serveConverter } from '../../../src/converter/serve.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import type { OfficeKind } from '../../../src/message/facts.ts'
import { docx, odp, odsWithMacro, odt, rtf, slowRtf, xlsx } from './documents.ts'

const missing = [
  '/usr/lib/libreoffice/program/soffice.bin',
  '/usr/bin/bwrap',
  '/usr/bin/pdftotext',
  '/usr/bin/qpdf',
].filter((program) => !existsSync(program))
if (missing.length > 0 && process.env.CI) throw new Error(`Needed here: ${missing.join(', ')}`)

const samples = new URL('../../../../shared/testdata/office/', import.meta.url)

describe.skipIf(missing.length > 0)(
  `the converter${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`,
  () => {
    const patience = AbortSignal.timeout(300_000)
    const events: ConverterEvent[] = []
    let folder: string
    let socket: string
    let running: RunningConverter
    let converter: Converter

    const convert = (document: Uint8Array, office: OfficeKind, signal = patience) =>
      converter.convert(bytesInMemory(document), office, signal)
    const status = async () => {
      const found = await converterStatus(socket, patience)
      if (!found) throw new Error('The converter does not answer')
      return found
    }
    /** What pdftotext or qpdf sees in a conversion; the conversion must have succeeded. */
    const seenBy = async (result: ConversionResult, program: string, ...options: string[]) => {
      if (result.kind !== 'converted') throw new Error(`Not converted: ${result.reason}`)
      const file = join(folder, `${crypto.randomUUID()}.pdf`)
      await writeFile(file, result.pdf)
      const [before, after] = program === 'qpdf' ? [options, [file, '-']] : [[], [file, ...options]]
      return execFileSync(program, [...before, ...after]).toString('latin1')
    }
    const textOf = (result: ConversionResult) => seenBy(result, 'pdftotext', '-enc', 'UTF-8', '-')
    const objectsOf = (result: ConversionResult) =>
      seenBy(result, 'qpdf', '--qdf', '--object-streams=disable')

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'converter-'))
      socket = join(folder, 'converter.sock')
      running = await serveConverter({ listen: socket, workers: 1, onEvent: (event) => events.push(event) })
      converter = converterAt(socket)
      await running.confined
    }, 120_000)

    afterAll(async () => {
      await running[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }, 60_000)

    test('nothing is converted outside a confinement that was tried', async () => {
      const { rung, seccomp } = await status()
      expect(['bwrap', 'bwrap-host-proc']).toContain(rung)
      expect(seccomp).toBe(['x64', 'arm64'].includes(process.arch))
    })

    for (const [office, document] of [
      ['docx', docx('Grüße aus Docx')],
      ['xlsx', xlsx('Grüße aus Xlsx')],
      ['odt', odt('Grüße aus Odt')],
      ['odp', odp('Grüße aus Odp', [])],
      ['rtf', rtf("Gr\\'fc\\'dfe aus Rtf")],
    ] as const) {
      it(`makes a PDF of ${office} with its text`, { timeout: 60_000 }, async () => {
        const result = await convert(document, office)
        expect(result).toMatchObject({ kind: 'converted', pages: 1, cut: false })
        expect(
          Buffer.from(await textOf(result), 'latin1')
            .toString('utf8')
            .toLowerCase(),
        ).toContain(`grüße aus ${office}`)
      })
    }

    test('only links to the web and to mail survive, and no path of ours shows', {
      timeout: 60_000,
    }, async () => {
      const result = await convert(
        odt('links', [
          'https://good.example/',
          'mailto:ann@good.example',
          'javascript:canary()',
          'file:///etc/canary',
          'file://canary/share/x.exe',
          'smb://canary/share',
          'canary.html',
          'vnd.sun.star.script:canary?language=Basic&amp;location=document',
        ]),
        'odt',
      )
      const objects = await objectsOf(result)
      expect(objects.match(/\/URI \((.*)\)/g)).toEqual([
        '/URI (https://good.example/)',
        '/URI (mailto:ann@good.example)',
      ])
      expect(objects).not.toMatch(/canary|\/tmp\/|LibreOffice/)
    })

    test('pictures elsewhere are neither fetched nor read', { timeout: 60_000 }, async () => {
      await using listener = await countingListener()
      const outside = join(folder, 'outside.svg')
      await writeFile(
        outside,
        '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><text y="50">canary</text></svg>',
      )
      const picture = `http://127.0.0.1:${listener.port}/picture.png`
      expect((await convert(docx('a', picture), 'docx')).kind).toBe('converted')
      const slide = await convert(odp('a', [picture, `file://${outside}`, 'file:///etc/hostname']), 'odp')
      expect(await textOf(slide)).not.toContain('canary')
      expect(listener.connections()).toBe(0)
    })

    test('macros do not run', { timeout: 60_000 }, async () => {
      const text = await textOf(await convert(odsWithMacro('sheet', 'canary'), 'ods'))
      expect(text).toContain('sheet')
      expect(text).not.toContain('canary')
    })

    for (const [what, document, office, reason] of [
      ['random bytes', Buffer.from('PK\x03\x04 and then nothing of use'), 'docx', 'broken'],
      ['nothing', Buffer.alloc(0), 'xlsx', 'broken'],
      [
        'a web page that calls itself a document',
        Buffer.from('<html><body>hello</body></html>'),
        'doc',
        'broken',
      ],
      ['what unpacks to 500 MB', claimingMuch(docx('bomb')), 'docx', 'too-large'],
    ] as const) {
      it(`refuses ${what} as ${reason}`, { timeout: 60_000 }, async () => {
        expect(await convert(document, office)).toEqual({ kind: 'failed', reason })
      })
    }

    test('a document of more than 300 pages is cut, and says so', { timeout: 60_000 }, async () => {
      expect(await convert(rtf('a\\page '.repeat(310)), 'rtf')).toMatchObject({
        kind: 'converted',
        pages: 300,
        cut: true,
      })
    })

    test('three documents that never end do not hold a fourth up', { timeout: 60_000 }, async () => {
      const giveUp = new AbortController()
      const stuck = [1, 2, 3].map(() => convert(slowRtf(), 'rtf', giveUp.signal))
      const first = await Promise.race([convert(odt('fourth'), 'odt'), ...stuck])
      expect(await textOf(first)).toContain('fourth')
      giveUp.abort(new Error('given up'))
      for (const each of stuck) await expect(each).rejects.toThrow('given up')
      await vi.waitFor(async () => expect((await status()).office).toMatchObject({ working: 0 }), 20_000)
    })

    test('LibreOffice killed in the middle of a document is replaced, and the document tried again', {
      timeout: 60_000,
    }, async () => {
      const giveUp = new AbortController()
      await vi.waitFor(async () => expect((await status()).office.idle).toBe(2), 30_000)
      const before = await processorTicks()
      const job = convert(slowRtf(), 'rtf', giveUp.signal)
      job.catch(() => {})
      const first = await vi.waitFor(() => whoWorksSince(before), 20_000)
      process.kill(first, 'SIGKILL')
      const second = await vi.waitFor(() => whoWorksSince(before, first), 20_000)
      expect(second).not.toBe(first)
      giveUp.abort()
      await expect(job).rejects.toThrow()
      expect(await textOf(await convert(odt('after the crash'), 'odt'))).toContain('after the crash')
    })

    test('hostile HTML makes WeasyPrint fetch nothing, attach nothing and link nowhere odd', {
      timeout: 60_000,
    }, async () => {
      await using listener = await countingListener()
      const url = `http://127.0.0.1:${listener.port}`
      const dot =
        'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
      const result = await converter.render(
        `<html><head><link rel=stylesheet href="${url}/a.css"><link rel=attachment href="file:///etc/passwd">
       <link rel=attachment href="data:text/plain,canary"><link rel=attachment href="${url}/b"><base href="${url}/">
       <meta http-equiv=refresh content="0;url=${url}/c"><style>@import "${url}/d.css"; body{background:url(${url}/e.png)}
       @font-face{font-family:x;src:url(${url}/f.ttf)} p{font-family:x}</style></head><body><p>Grüße 😀</p><img src="${dot}">
       <img src="${url}/g.png"><img src="file:///etc/passwd"><iframe src="file:///etc/passwd"></iframe><object data="${url}/h"></object>
       <img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='${url}/i.png' width='9' height='9'/></svg>">
       <a href="file:///etc/passwd" rel=attachment>file</a> <a href="javascript:canary()">script</a> <a href="https://good.example/">web</a>
       <form action="${url}/j"><input name=canary></form><script>fetch('${url}/k')</script></body></html>`,
        patience,
      )
      expect(Buffer.from(await textOf(result), 'latin1').toString('utf8')).toContain('Grüße')
      const objects = await objectsOf(result)
      expect(objects).not.toMatch(/EmbeddedFile|FileAttachment|root:|canary|AcroForm|\/etc\/passwd/)
      expect(objects.match(/\/URI \((.*)\)/g)).toEqual(['/URI (https://good.example/)'])
      expect(listener.connections()).toBe(0)
    })

    test('HTML that takes too long is given up, and the next is rendered', { timeout: 90_000 }, async () => {
      const endless = converter.render(`<table>${'<tr><td>a<td>b'.repeat(30_000)}</table>`, patience)
      expect(await textOf(await converter.render('<p>meanwhile', patience))).toContain('meanwhile')
      const result = await endless
      expect(result.kind).toBe('failed')
      expect(['time-limit', 'too-large']).toContain(result.kind === 'failed' && result.reason)
    })

    test('every real document comes out as listed, without a word to the network', {
      timeout: 180_000,
    }, async (context) => {
      if (!existsSync(samples)) return context.skip('needs ../shared/testdata/office')
      await using listener = await countingListener(18_999)
      const manifest = JSON.parse(await readFile(new URL('MANIFEST.json', samples), 'utf8')) as {
        files: Sample[]
      }
      const odd: string[] = []
      for (const sample of manifest.files) {
        // The endless one has its own test, with documents of our own; containers are not ours to unpack.
        const office = officeKindOf(sample)
        if (!office || sample.reason === 'time-limit') continue
        const result = await convert(await readFile(new URL(sample.file, samples)), office)
        const expected = sample.expected === 'converts' ? [`${sample.pages} pages`] : [reasonFor(sample)]
        if (sample.accept_also === 'converts') expected.push('1 pages')
        const found = result.kind === 'converted' ? `${result.pages} pages` : result.reason
        if (!expected.includes(found)) odd.push(`${sample.file}: ${found} instead of ${expected}`)
        if (result.kind === 'converted') {
          const text = Buffer.from(await textOf(result), 'latin1')
            .toString('utf8')
            .replace(/\s+/g, ' ')
          if (!text.includes(sample.snippet ?? '')) odd.push(`${sample.file}: misses its text`)
          for (const [, uri] of (await objectsOf(result)).matchAll(/\/URI \((.*)\)/g)) {
            if (!/^(https?:\/\/|mailto:)/i.test(uri ?? '')) odd.push(`${sample.file}: links to ${uri}`)
          }
        }
      }
      expect(odd).toEqual([])
      expect(listener.connections()).toBe(0)
    })

    for (const [where, options, outcome] of [
      // As on machines whose administrator has forbidden user namespaces.
      [
        'where nobody may make a namespace',
        ['--unshare-user', '--disable-userns'],
        'none unavailable bwrap bwrap-host-proc',
      ],
      // As in most containers: the kernel then refuses a fresh /proc (mount_too_revealing).
      [
        'where /proc is partly covered',
        ['--unshare-user', '--uid', '1000', '--gid', '1000', '--ro-bind', '/dev/null', '/proc/interrupts'],
        'bwrap-host-proc converted bwrap',
      ],
    ] as const) {
      it(`takes the best confinement there is, or converts nothing: ${where}`, { timeout: 60_000 }, () => {
        const source = (name: string) => new URL(`../../../src/${name}.ts`, import.meta.url).href
        const program = `
        const { serveConverter } = await import('${source('converter/serve')}')
        const { converterAt, converterStatus } = await import('${source('converter/client')}')
        const { bytesInMemory } = await import('${source('message/byte-source')}')
        const listen = '${join(folder, 'walled-in.sock')}'
        const signal = AbortSignal.timeout(50000)
        await using server = await serveConverter({ listen, workers: 1, onEvent: () => {} })
        const result = await converterAt(listen).convert(bytesInMemory(Buffer.from('${Buffer.from(rtf('a')).toString('hex')}', 'hex')), 'rtf', signal)
        const { failures } = await server.confined
        const { rung } = await converterStatus(listen, signal)
        console.log(rung, result.reason ?? result.kind, ...failures.map((failure) => failure.rung))`
        const said = execFileSync('/usr/bin/bwrap', [
          ...['--dev-bind', '/', '/', ...options, '--'],
          ...[process.execPath, '--input-type=module', '-e', program],
        ])
        expect(said.toString().trim()).toBe(outcome)
      })
    }

    test('when it ends, no process and no file is left', { timeout: 60_000 }, async () => {
      const own = join(folder, 'second.sock')
      const second = await serveConverter({ listen: own, workers: 1, onEvent: () => {} })
      const job = converterAt(own).convert(bytesInMemory(slowRtf()), 'rtf', patience)
      const before = new Set(await engines())
      await vi.waitFor(async () => {
        expect((await converterStatus(own, patience))?.office.working).toBe(1)
      }, 30_000)
      const its = (await engines()).filter((pid) => !before.has(pid))
      expect(its.length).toBeGreaterThan(0)
      await second[Symbol.asyncDispose]()
      expect(await job).toEqual({ kind: 'failed', reason: 'unavailable' })
      await vi.waitFor(async () => {
        const left = await engines()
        expect(its.filter((pid) => left.includes(pid) || existsSync(`/proc/${pid}`))).toEqual([])
      }, 20_000)
      expect(existsSync(own)).toBe(false)
    })
  },
)

interface Sample {
  readonly file: string
  readonly format: string
  readonly declared_ext: string
  readonly expected: string
  readonly reason?: string
  readonly pages?: number
  readonly snippet?: string
  readonly accept_also?: string
}

/** The kind that detection by content would have found; undefined for what is no Office file. */
function officeKindOf({ format, declared_ext: extension }: Sample): OfficeKind | undefined {
  const kinds: Record<string, string | undefined> = {
    docm: 'docx',
    dotx: 'docx',
    xlsm: 'xlsx',
    pptm: 'pptx',
    'zip-damaged': 'docx',
  }
  const kind = format.startsWith('ooxml-encrypted') ? extension : (kinds[format] ?? format)
  return kind === 'html' || kind === 'tnef' ? undefined : (kind as OfficeKind)
}

function reasonFor({ reason = '' }: Sample): string {
  return { 'password-protected': 'password', 'expands beyond the limit': 'too-large' }[reason] ?? 'broken'
}

/** The LibreOffice processes below this one. */
async function engines(): Promise<number[]> {
  const found: number[] = []
  for (const pid of await withDescendants(process.pid)) {
    const name = await readFile(`/proc/${pid}/comm`, 'latin1').catch(() => '')
    if (name.startsWith('soffice')) found.push(pid)
  }
  return found
}

/** Processor time of each LibreOffice in hundredths of a second (proc(5): utime is the 14th field of stat). */
async function processorTicks(): Promise<Map<number, number>> {
  const ticks = new Map<number, number>()
  for (const pid of await engines()) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
    ticks.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11] ?? 0))
  }
  return ticks
}

/** The one that was there before and has worked for half a second since. */
async function whoWorksSince(before: ReadonlyMap<number, number>, except?: number): Promise<number> {
  for (const [pid, ticks] of await processorTicks()) {
    const known = before.get(pid)
    if (known !== undefined && pid !== except && ticks - known > 50) return pid
  }
  throw new Error('Nobody works yet')
}

/** A zip whose central directory claims 500 MB for its first member (APPNOTE.TXT 4.3.12). */
function claimingMuch(zip: Uint8Array): Uint8Array {
  const changed = Buffer.from(zip)
  changed.writeUInt32LE(500_000_000, changed.indexOf('PK\x01\x02', 0, 'latin1') + 24)
  return changed
}

async function countingListener(
  port = 0,
): Promise<AsyncDisposable & { port: number; connections: () => number }> {
  let connections = 0
  const server: Server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
