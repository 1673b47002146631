import { readdir, readFile } from 'node:fs/promises'
import type { ConversionResult, Converter } from '../../../src/converter/converter.ts'
import { withDescendants } from '../../../src/converter/process-tree.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import type { OfficeKind } from '../../../src/message/facts.ts'
import { claimingMuch, docx, odp, odsWithMacro, odt, rtf, slowRtf } from './documents.ts'

/** A document that means no good, what may come of it, and after how many milliseconds its sender hangs up. */
export interface HostileJob {
  readonly what: string
  readonly document: Uint8Array
  readonly office: OfficeKind
  readonly outcomes: readonly string[]
  readonly hangUpAfter?: number
  readonly flatten?: true
}

const bomb = claimingMuch(docx('bomb'))
const links = odt('links', [
  'javascript:canary()',
  'file://canary/share/x.exe',
  'search-ms:canary',
  'https://a.example',
])
const pictures = odp('pictures', ['http://127.0.0.1:18999/p.png', 'file:///etc/passwd', '../../canary.png'])
const macros = odsWithMacro('macros', 'canary')
const slow = slowRtf()
const half = links.subarray(0, links.length / 2)

/** Twenty in a row; those that cost a driver are four of them, since each makes LibreOffice start anew. */
const row: readonly HostileJob[] = [
  ...Array.from({ length: 4 }, () => ({
    what: 'bomb',
    document: bomb,
    office: 'docx' as const,
    outcomes: ['too-large'],
  })),
  ...Array.from({ length: 4 }, () => ({
    what: 'links',
    document: links,
    office: 'odt' as const,
    outcomes: ['converted'],
  })),
  ...Array.from({ length: 4 }, () => ({
    what: 'pictures',
    document: pictures,
    office: 'odp' as const,
    outcomes: ['converted'],
  })),
  ...Array.from({ length: 3 }, () => ({
    what: 'macros',
    document: macros,
    office: 'ods' as const,
    outcomes: ['converted'],
  })),
  { what: 'flattened', document: links, office: 'odt', outcomes: ['converted'], flatten: true },
  { what: 'half a file', document: half, office: 'odt', outcomes: ['broken', 'converted'] },
  { what: 'a web page', document: Buffer.from('<html>hello</html>'), office: 'doc', outcomes: ['broken'] },
  {
    what: 'hung up at once',
    document: rtf('a'),
    office: 'rtf',
    outcomes: ['gone', 'converted'],
    hangUpAfter: 10,
  },
  { what: 'endless', document: slow, office: 'rtf', outcomes: ['gone'], hangUpAfter: 1000 },
]

/** The first `count` of an endless row of hostile documents, in an order that mixes them. */
export function hostileJobs(count: number): HostileJob[] {
  // 7 and the length of the row have no common divisor.
  return Array.from({ length: count }, (_, index) => row[(index * 7) % row.length] as HostileJob)
}

/** Converts all of them, four at once; resolves with what came out otherwise than it may. */
export async function runHostileJobs(converter: Converter, jobs: readonly HostileJob[]): Promise<string[]> {
  const odd: string[] = []
  const waiting = [...jobs]
  const lane = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const outcome = await outcomeOf(converter, job)
      if (!job.outcomes.includes(outcome)) odd.push(`${job.what}: ${outcome}`)
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  return odd
}

async function outcomeOf(converter: Converter, job: HostileJob): Promise<string> {
  const signal = AbortSignal.timeout(job.hangUpAfter ?? 120_000)
  try {
    const result: ConversionResult = await converter.convert(
      bytesInMemory(job.document),
      job.office,
      signal,
      job.flatten,
    )
    return result.kind === 'converted' ? 'converted' : result.reason
  } catch (error) {
    if (job.hangUpAfter !== undefined && signal.aborted) return 'gone'
    throw error
  }
}

/**
 * What the drivers have in /tmp when they rest: profile, home, LibreOffice's pipes, WeasyPrint's fonts, and a folder in which
 * LibreOffice keeps its parts of a document while it is open, and NSS its empty stores of certificates for good.
 */
const usual =
  /^(profile|home|OSL_PIPE_\w+|weasyprint-\w+|lu\w+\.tmp|lu\w+\.tmp\/lu\w+\.tmp(\/(key4\.db|cert9\.db|pkcs11\.txt))?)$/

/** Files that jobs have left in the sandboxes below a process, each with the sandbox's process. Needs root. */
export async function filesLeftIn(pid: number): Promise<string[]> {
  const left: string[] = []
  for (const each of await withDescendants(pid)) {
    const name = await readFile(`/proc/${each}/comm`, 'latin1').catch(() => '')
    if (!/^(soffice|python3|weasyprint)/.test(name)) continue
    const top = `/proc/${each}/root/tmp`
    const folders = (await readdir(top).catch(() => [])).filter((file) => file.startsWith('lu'))
    const files = [
      ...(await readdir(top).catch(() => [])),
      ...(await Promise.all(folders.map((folder) => filesBelow(top, folder)))).flat(),
    ]
    for (const file of files) if (!usual.test(file)) left.push(`${name.trim()}: ${file}`)
  }
  return [...new Set(left)]
}

async function filesBelow(top: string, folder: string): Promise<string[]> {
  const files = await readdir(`${top}/${folder}`, { recursive: true }).catch(() => [])
  return files.map((file) => `${folder}/${file}`)
}
