import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { driverSources, sandboxCommand } from '../../../src/converter/confinement.ts'
import { DriverProcess } from '../../../src/converter/driver-process.ts'
import { libreOfficeLimits } from '../../../src/converter/limits.ts'
import { withDescendants } from '../../../src/converter/process-tree.ts'
import type { OfficeKind } from '../../../src/message/facts.ts'
import { macroMarker, odp, odsWithMacro } from './documents.ts'
import {
  countingListener,
  missing,
  missingText,
  startTestConverter,
  type TestConverter,
} from './test-converter.ts'

interface Sample {
  readonly file: string
  readonly format: string
  readonly declared_ext: string
  readonly expected: 'converts' | 'fails' | 'container'
  readonly reason?: string
  readonly pages?: number
  readonly snippet?: string
  readonly accept_also?: 'converts'
  readonly macros: boolean
  readonly must_not_fetch?: string
}

const samples = new URL('../../../../shared/testdata/office/', import.meta.url)
const present = existsSync(samples)
const manifest: readonly Sample[] = present
  ? (JSON.parse(readFileSync(new URL('MANIFEST.json', samples), 'utf8')) as { files: Sample[] }).files
  : []
/** The port that their references lead to. */
const canaryPort = 18_999
const isRoot = process.getuid?.() === 0

describe.skipIf(missing.length > 0)(`real documents${missingText}`, () => {
  let zone: TestConverter
  const convert = (sample: Sample) =>
    zone.convert(readFileSync(new URL(sample.file, samples)), kindOf(sample) as OfficeKind)

  beforeAll(async () => {
    zone = await startTestConverter()
  })
  afterAll(() => zone?.[Symbol.asyncDispose]())

  test('nobody is called, neither outside nor inside the sandbox, and no macro leaves its mark', async (context) => {
    if (!isRoot) return context.skip('only root can listen inside the sandbox')
    const { rung } = await zone.running.confined
    if (rung === undefined) throw new Error('No confinement works here')
    // A worker of our own: those of the pool are replaced when they take long.
    const command = sandboxCommand(rung, isRoot, driverSources.libreOffice, libreOfficeLimits)
    const patience = AbortSignal.timeout(170_000)
    const driver = await DriverProcess.start(command, libreOfficeLimits, patience)
    try {
      const [inSandbox = 0] = (await withDescendants(driver.pid)).slice(-1)
      await using outside = await countingListener(canaryPort)
      await using within = await listenInside(inSandbox)
      const convertInside = async (name: string, document: Uint8Array, office: string) => {
        const question = { kind: 'convert', office, pages: 9, flatten: false }
        expect([name, (await driver.ask(question, document, patience)).kind]).toEqual([
          name,
          // A web page that calls itself a document is nothing that LibreOffice has to open for a mail.
          name === 'html-as.doc' ? 'refused' : 'answered',
        ])
      }
      await convertInside('picture', odp('a', [`http://127.0.0.1:${canaryPort}/picture.png`]), 'odp')
      await convertInside('macro', odsWithMacro('a', 'b'), 'ods')
      for (const sample of manifest) {
        if (sample.must_not_fetch === undefined && !sample.macros) continue
        await convertInside(
          sample.file,
          readFileSync(new URL(sample.file, samples)),
          kindOf(sample) as OfficeKind,
        )
      }
      const files = readdirSync(`/proc/${inSandbox}/root/tmp`)
      expect(files).toContain('profile')
      expect(files).not.toContain(macroMarker.replace('/tmp/', ''))
      expect({ outside: outside.connections(), inside: within.connections() }).toEqual({
        outside: 0,
        inside: 0,
      })
      // They do count.
      connect(canaryPort, '127.0.0.1').on('error', () => {})
      within.call()
      await expect.poll(() => outside.connections(), { timeout: 30_000 }).toBe(1)
      await expect.poll(() => within.connections(), { timeout: 30_000 }).toBe(1)
    } finally {
      await driver.kill()
    }
  })

  test('without our settings and our filter both would be seen', async (context) => {
    if (!isRoot) return context.skip('only root can listen inside the sandbox')
    const { rung } = await zone.running.confined
    if (rung === undefined) throw new Error('No confinement works here')
    const careless = driverSources.libreOffice
      .replace('MacroExecutionMode=0', 'MacroExecutionMode=4')
      .replace("'MacroSecurityLevel', '3'", "'MacroSecurityLevel', '0'")
      .replace("'DisableMacrosExecution', 'true'", "'DisableMacrosExecution', 'false'")
    const command = sandboxCommand(rung, isRoot, careless, libreOfficeLimits)
    const unfiltered = command.arguments.filter(
      (each, at, all) => each !== '--seccomp' && all[at - 1] !== '--seccomp',
    )
    const patience = AbortSignal.timeout(170_000)
    const driver = await DriverProcess.start(
      { ...command, arguments: unfiltered, seccomp: undefined },
      libreOfficeLimits,
      patience,
    )
    try {
      const [inSandbox = 0] = (await withDescendants(driver.pid)).slice(-1)
      await using within = await listenInside(inSandbox)
      const question = { kind: 'convert', pages: 9, flatten: false }
      const picture = `http://127.0.0.1:${canaryPort}/picture.png`
      await driver.ask({ ...question, office: 'odp' }, odp('a', [picture]), patience)
      await driver.ask({ ...question, office: 'ods' }, odsWithMacro('a', 'b'), patience)
      await expect.poll(() => within.connections(), { timeout: 30_000 }).toBeGreaterThan(0)
      expect(readdirSync(`/proc/${inSandbox}/root/tmp`)).toContain(macroMarker.replace('/tmp/', ''))
    } finally {
      await driver.kill()
    }
  })

  it.skipIf(!present)('lists the real documents (needs ../shared/testdata/office)', () => {
    expect(manifest.length).toBeGreaterThan(40)
  })

  for (const sample of manifest.filter((each) => kindOf(each) !== undefined)) {
    const expected = outcomesOf(sample)
    it(`${sample.file} (${sample.format}) comes out as ${expected.join(' or ')}`, async () => {
      const result = await convert(sample)
      expect(expected).toContain(outcomeOf(result))
      if (result.kind !== 'converted') return
      // Fonts of another release may move a line to the next page.
      if (sample.expected === 'converts')
        expect(Math.abs(result.pages - (sample.pages ?? 0))).toBeLessThanOrEqual(1)
      expect((await zone.textOf(result)).replaceAll(/\s+/g, ' ')).toContain(sample.snippet ?? '')
      const objects = await zone.objectsOf(result)
      const links = [...objects.matchAll(/\/URI \((.*)\)/g)].map(([, address]) => address ?? '')
      expect(links.filter((address) => !/^(https?:\/\/|mailto:)/i.test(address))).toEqual([])
      expect(objects).not.toMatch(
        /\/URI <|file:|\/tmp\/|in\.(docx?|xlsx?|xlsb|pptx?|od[tsp]|rtf)\b|out\.pdf|soffice/i,
      )
      expect(objects).not.toMatch(
        /\/(AA|JavaScript|JS|Launch|EmbeddedFiles?|FileAttachment|AcroForm|Screen|RichMedia|Metadata|SubmitForm|GoToR|Movie)\b/,
      )
    })
  }
})

const outcomeOf = (result: { kind: 'converted' } | { kind: 'failed'; reason: string }) =>
  result.kind === 'converted' ? 'converted' : result.reason

function outcomesOf({ expected, reason = '', format, accept_also }: Sample): string[] {
  const reasons: Record<string, string> = {
    'password-protected': 'password',
    'expands beyond the limit': 'too-large',
    'time-limit': 'time-limit',
    unreadable: 'broken',
  }
  // A web page is nothing that LibreOffice has to open for a mail; the manifest permits that it does.
  if (format === 'html') return ['broken', 'converted']
  return expected === 'converts'
    ? ['converted']
    : [reasons[reason] ?? reason, ...(accept_also ? ['converted'] : [])]
}

/** The kind that detection by content finds; undefined for a container, which is not ours to unpack. */
function kindOf({ format, declared_ext: extension }: Sample): OfficeKind | undefined {
  const kinds: Record<string, string> = {
    docm: 'docx',
    dotx: 'docx',
    xlsm: 'xlsx',
    pptm: 'pptx',
    html: 'doc',
    'zip-damaged': 'docx',
  }
  const kind = format.startsWith('ooxml-encrypted') ? extension : (kinds[format] ?? format)
  return kind === 'tnef' ? undefined : (kind as OfficeKind)
}

/** Listens at the canary's port in the network of a sandboxed process. */
async function listenInside(
  pid: number,
): Promise<AsyncDisposable & { connections: () => number; call: () => void }> {
  let connections = 0
  const program = `
    const net = require('node:net')
    net.createServer((socket) => { console.log('called'); socket.destroy() })
      .listen(${canaryPort}, '127.0.0.1', () => console.log('listening'))
    process.stdin.on('data', () => net.connect(${canaryPort}, '127.0.0.1').on('error', () => {}))
    process.stdin.on('end', () => process.exit())`
  const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, '--', process.execPath, '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('Nobody listens inside')))
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'called') connections += 1
      else resolve()
    })
  })
  return {
    connections: () => connections,
    call: () => void child.stdin.write('call\n'),
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}
