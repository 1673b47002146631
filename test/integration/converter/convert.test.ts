import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { converterAt, converterStatus } from '../../../src/converter/client.ts'
import { serveConverter } from '../../../src/converter/serve.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { claimingMuch, docx, odp, odsWithMacro, odt, rtf, slowRtf, xlsx } from './documents.ts'
import {
  countingListener,
  engines,
  missing,
  missingText,
  startTestConverter,
  type TestConverter,
} from './test-converter.ts'

describe.skipIf(missing.length > 0)(`the converter${missingText}`, () => {
  let zone: TestConverter
  const patience = AbortSignal.timeout(900_000)
  const convert: TestConverter['convert'] = (...asked) => zone.convert(...asked)

  beforeAll(async () => {
    zone = await startTestConverter()
  })
  afterAll(() => zone?.[Symbol.asyncDispose]())

  test('nothing is converted outside a confinement that was tried', async () => {
    const { rung, seccomp } = await zone.status()
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
    it(`makes a PDF of ${office} with its text`, async () => {
      const result = await convert(document, office)
      expect(result).toMatchObject({ kind: 'converted', pages: 1, cut: false })
      expect((await zone.textOf(result)).toLowerCase()).toContain(`grüße aus ${office}`)
    })
  }

  test('only links to the web and to mail survive, and no path of ours shows', async () => {
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
    const objects = await zone.objectsOf(result)
    expect(objects.match(/\/URI \((.*)\)/g)).toEqual([
      '/URI (https://good.example/)',
      '/URI (mailto:ann@good.example)',
    ])
    expect(objects).not.toMatch(/canary|\/tmp\/|LibreOffice/)
  })

  test('pictures elsewhere are neither fetched nor read', async () => {
    await using listener = await countingListener()
    const outside = join(zone.folder, 'outside.svg')
    await writeFile(
      outside,
      '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><text y="50">canary</text></svg>',
    )
    const picture = `http://127.0.0.1:${listener.port}/picture.png`
    expect((await convert(docx('a', picture), 'docx')).kind).toBe('converted')
    const slide = await convert(odp('a', [picture, `file://${outside}`, 'file:///etc/hostname']), 'odp')
    expect(await zone.textOf(slide)).not.toContain('canary')
    expect(listener.connections()).toBe(0)
  })

  test('macros do not run', async () => {
    const text = await zone.textOf(await convert(odsWithMacro('sheet', 'canary'), 'ods'))
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
    it(`refuses ${what} as ${reason}`, async () => {
      expect(await convert(document, office)).toEqual({ kind: 'failed', reason })
    })
  }

  test('a document of more than 300 pages is cut, and says so', async () => {
    expect(await convert(rtf('a\\page '.repeat(310)), 'rtf')).toMatchObject({
      kind: 'converted',
      pages: 300,
      cut: true,
    })
  })

  test('three documents that never end do not hold a fourth up', async () => {
    const giveUp = new AbortController()
    const stuck = [1, 2, 3].map(() => convert(slowRtf(), 'rtf', giveUp.signal))
    await vi.waitFor(async () => expect((await zone.status()).office.working).toBe(3), 90_000)
    const first = await Promise.race([convert(odt('fourth'), 'odt'), ...stuck])
    expect(await zone.textOf(first)).toContain('fourth')
    giveUp.abort(new Error('given up'))
    for (const each of stuck) await expect(each).rejects.toThrow('given up')
    await vi.waitFor(async () => expect((await zone.status()).office).toMatchObject({ working: 0 }), 90_000)
  })

  test('LibreOffice killed in the middle of a document is replaced, the document tried once more, then called broken', async () => {
    await vi.waitFor(async () => expect((await zone.status()).office.idle).toBe(3), 90_000)
    const before = await processorTicks()
    const job = convert(slowRtf(), 'rtf')
    const first = await vi.waitFor(() => whoWorksSince(before), 90_000)
    process.kill(first, 'SIGKILL')
    const second = await vi.waitFor(() => whoWorksSince(before, first), 90_000)
    expect(second).not.toBe(first)
    process.kill(second, 'SIGKILL')
    expect(await job).toEqual({ kind: 'failed', reason: 'broken' })
    expect(await zone.textOf(await convert(odt('after the crash'), 'odt'))).toContain('after the crash')
  })

  test('hostile HTML makes WeasyPrint fetch nothing, attach nothing and link nowhere odd', async () => {
    await using listener = await countingListener()
    const url = `http://127.0.0.1:${listener.port}`
    const dot =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const result = await zone.converter.render(
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
    expect(await zone.textOf(result)).toContain('Grüße')
    const objects = await zone.objectsOf(result)
    expect(objects).not.toMatch(/EmbeddedFile|FileAttachment|root:|canary|AcroForm|\/etc\/passwd/)
    expect(objects.match(/\/URI \((.*)\)/g)).toEqual(['/URI (https://good.example/)'])
    expect(listener.connections()).toBe(0)
  })

  test('HTML that takes too long is given up, and the next is rendered', async () => {
    const endless = zone.converter.render(`<table>${'<tr><td>a<td>b'.repeat(30_000)}</table>`, patience)
    expect(await zone.textOf(await zone.converter.render('<p>meanwhile', patience))).toContain('meanwhile')
    const result = await endless
    expect(result.kind).toBe('failed')
    expect(['time-limit', 'too-large']).toContain(result.kind === 'failed' && result.reason)
  })

  test('when it ends, no process and no file is left', async () => {
    const own = join(zone.folder, 'second.sock')
    const second = await serveConverter({ listen: own, workers: 1, onEvent: () => {} })
    const job = converterAt(own).convert(bytesInMemory(slowRtf()), 'rtf', patience)
    const before = new Set(await engines())
    await vi.waitFor(async () => {
      expect((await converterStatus(own, patience))?.office.working).toBe(1)
    }, 90_000)
    const its = (await engines()).filter((pid) => !before.has(pid))
    expect(its.length).toBeGreaterThan(0)
    await second[Symbol.asyncDispose]()
    expect(await job).toEqual({ kind: 'failed', reason: 'unavailable' })
    await vi.waitFor(async () => {
      const left = await engines()
      expect(its.filter((pid) => left.includes(pid) || existsSync(`/proc/${pid}`))).toEqual([])
    }, 90_000)
    expect(existsSync(own)).toBe(false)
  })
})

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
