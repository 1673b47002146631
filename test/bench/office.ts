import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { converterAt, converterStatus } from '../../src/converter/client.ts'
import type { Converter } from '../../src/converter/converter.ts'
import { residentBytes, withDescendants } from '../../src/converter/process-tree.ts'
import type { ConverterStatus } from '../../src/converter/protocol.ts'
import { type Child, startChild } from '../../src/demonstration/child.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { odt, slowRtf } from '../integration/converter/documents.ts'
import { filesLeftIn, hostileJobs, runHostileJobs } from '../integration/converter/hostile-jobs.ts'
import type { Bar } from './bar.ts'
import { median } from './median.ts'
import { measureCold } from './office-cold.ts'
import { measureDetection } from './office-detection.ts'
import { type OfficeDocument, ordinaryDocuments } from './office-documents.ts'
import { treeCpuMs } from './tree-usage.ts'

const hostile = 1000
const never = new AbortController().signal

interface Bench {
  readonly child: Child
  readonly converter: Converter
  readonly status: () => Promise<ConverterStatus>
  /** Waits until every worker is there and none works, so that nothing else is measured along. */
  readonly atRest: () => Promise<void>
}

/** What Office files cost: warm and cold, when many come, when they are hostile, and when there is none. */
export async function measureOffice(
  folder: string,
  print: (text: string) => void,
): Promise<{ readonly figures: object; readonly bars: readonly Bar[] }> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'tmp'), { recursive: true })
  const { documents, real } = ordinaryDocuments()
  print(
    `${documents.length} ${real ? 'real' : 'built'} documents, load of the machine ${loadavg()[0]?.toFixed(1)}`,
  )
  const bench = await startConverter(folder)
  try {
    const warm = await measureWarm(bench, documents, print)
    const many = await measureMemory(bench, documents)
    print(`memory of a worker: at most ${many.peakMiB.toFixed(0)} MiB in ${many.conversions} conversions`)
    const bombs = await measureBombs(bench)
    const fourth = await measureFourth(bench)
    print(
      `beside three endless documents a fourth took ${fourth.map((each) => each.toFixed(0)).join(', ')} ms`,
    )
    const left = await measureHostile(bench)
    print(
      `${hostile} hostile jobs: ${left.seconds.toFixed(0)} s, ${left.odd.length} with an odd outcome ${left.odd.slice(0, 3).join(', ')}`,
    )
    await bench.child.stop()
    const files = [...left.files, ...readdirSync(join(folder, 'tmp'))]
    print(`left behind: ${left.processes} processes, files: ${files.join(', ') || 'none'}`)
    const cold = measureCold(documents, join(folder, 'cold'))
    const detection = await measureDetection()
    print(
      `cold soffice --convert-to: median ${median(cold).toFixed(0)} ms CPU; detection ${detection.toFixed(3)} ms\n`,
    )
    const less = (what: string, measured: number, limit: number): Bar => ({
      what,
      measured,
      limit,
      better: 'less',
    })
    return {
      figures: {
        real,
        load: loadavg(),
        warm,
        many,
        bombs,
        fourth,
        hostile: { ...left, files },
        cold,
        detection,
      },
      bars: [
        less('median CPU ms for a document in all processes', median(warm.cpuMs), 120),
        {
          what: 'cold conversions for the CPU of a warm one',
          measured: median(cold) / median(warm.cpuMs),
          limit: 10,
          better: 'more',
        },
        less('p95 of a conversion in ms, one after the other', percentile(warm.wallMs, 95), 700),
        less('memory of a worker in MiB, most in 200 documents', many.peakMiB, 800),
        less('slowest refusal of a bomb in ms', Math.max(...bombs), 100),
        less('slowest document beside three endless ones in ms', Math.max(...fourth), 2000),
        less('odd outcomes of 1,000 hostile jobs', left.odd.length, 0),
        less('processes left by hostile jobs', left.processes, 0),
        less('files left by hostile jobs', files.length, 0),
        less('detection in a mail of 100 KB without Office files in ms', detection, 0.2),
      ],
    }
  } finally {
    await bench.child.stop()
  }
}

async function startConverter(folder: string): Promise<Bench> {
  const socket = join(folder, 'converter.sock')
  const program = new URL('./office-converter.ts', import.meta.url).pathname
  const child = await startChild([process.execPath, program, socket], {
    log: join(folder, 'converter.log'),
    environment: { TMPDIR: join(folder, 'tmp') },
  })
  const status = async () => {
    const found = await converterStatus(socket, AbortSignal.timeout(30_000))
    if (!found) throw new Error(child.ended() ?? 'The converter does not answer')
    return found
  }
  const places = Math.min(2, availableParallelism()) + 2
  const atRest = async () => {
    await pollUntil(
      'all workers rest',
      async () => {
        const { office, html } = await status()
        return (
          office.idle === places &&
          office.working + office.waiting + office.starting === 0 &&
          html.idle === 2 &&
          html.starting === 0
        )
      },
      120_000,
    )
  }
  await pollUntil('the converter answers', () => converterStatus(socket, AbortSignal.timeout(30_000)))
  await atRest()
  return { child, converter: converterAt(socket), status, atRest }
}

async function convert({ converter }: Bench, { name, office, bytes }: OfficeDocument): Promise<void> {
  const result = await converter.convert(bytesInMemory(bytes), office, never)
  if (result.kind !== 'converted') throw new Error(`${name}: ${result.reason}`)
}

/**
 * For each document: CPU of converter, workers and ourselves, as the mean of three in a row, and the time of each. What a worker
 * took that is let go meanwhile (because one was started beside a slow document) is not counted.
 */
async function measureWarm(
  bench: Bench,
  documents: readonly OfficeDocument[],
  print: (text: string) => void,
): Promise<{ readonly cpuMs: readonly number[]; readonly wallMs: readonly number[] }> {
  // Every worker sees every kind once: the first document of a kind loads libraries.
  for (const document of documents) await convert(bench, document)
  const cpuMs: number[] = []
  const wallMs: number[] = []
  for (const document of documents) {
    await bench.atRest()
    const own = process.cpuUsage()
    const before = await treeCpuMs(bench.child.pid)
    for (let time = 0; time < 3; time += 1) {
      const began = performance.now()
      await convert(bench, document)
      wallMs.push(performance.now() - began)
    }
    const { user, system } = process.cpuUsage(own)
    cpuMs.push(((await treeCpuMs(bench.child.pid)) - before + (user + system) / 1000) / 3)
    print(
      `  ${document.name.padEnd(36)} ${(cpuMs.at(-1) ?? 0).toFixed(0).padStart(5)} ms CPU ${(wallMs.at(-1) ?? 0).toFixed(0).padStart(5)} ms`,
    )
  }
  print(
    `warm: CPU median ${median(cpuMs).toFixed(0)} ms, mean ${(cpuMs.reduce((sum, each) => sum + each, 0) / cpuMs.length).toFixed(0)} ms; ` +
      `time median ${median(wallMs).toFixed(0)} ms, p95 ${percentile(wallMs, 95).toFixed(0)} ms`,
  )
  return { cpuMs, wallMs }
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN
}

/** The most memory that any one worker had, asked after each of 200 conversions. Shared pages count in full. */
async function measureMemory(
  bench: Bench,
  documents: readonly OfficeDocument[],
): Promise<{ readonly peakMiB: number; readonly conversions: number }> {
  const conversions = 200
  let peak = 0
  for (let done = 0; done < conversions; done += 1) {
    await convert(bench, documents[done % documents.length] as OfficeDocument)
    for (const worker of await workersOf(bench.child.pid)) peak = Math.max(peak, await residentBytes(worker))
  }
  return { peakMiB: peak / 1024 / 1024, conversions }
}

/** The processes that the converter started itself: one for each worker. */
async function workersOf(pid: number): Promise<number[]> {
  const all = await Promise.all(
    (await withDescendants(pid)).slice(1).map(async (each) => [each, await withDescendants(each)]),
  )
  const below = new Set(all.flatMap(([, tree]) => (tree as number[]).slice(1)))
  return all.map(([each]) => each as number).filter((each) => !below.has(each))
}

/** A zip of 600 kB that holds 300 MB of blanks, as an attacker would send it. */
async function measureBombs({ converter }: Bench): Promise<number[]> {
  const bomb = bytesInMemory(zipSync({ 'word/document.xml': new Uint8Array(300e6).fill(0x20) }, { level: 1 }))
  const times: number[] = []
  for (let time = 0; time < 10; time += 1) {
    const began = performance.now()
    const result = await converter.convert(bomb, 'docx', never)
    times.push(performance.now() - began)
    if (result.kind !== 'failed' || result.reason !== 'too-large') throw new Error('The bomb was not refused')
  }
  return times
}

/** How long an ordinary document takes that comes just behind three that never end and took all places. */
async function measureFourth(bench: Bench): Promise<number[]> {
  const times: number[] = []
  for (let time = 0; time < 3; time += 1) {
    await bench.atRest()
    const giveUp = new AbortController()
    const stuck = [1, 2, 3].map(() =>
      bench.converter.convert(bytesInMemory(slowRtf()), 'rtf', giveUp.signal).catch(() => undefined),
    )
    await pollUntil('three are worked on', async () => (await bench.status()).office.working === 3)
    const began = performance.now()
    await convert(bench, { name: 'the fourth', office: 'odt', bytes: odt('fourth') })
    times.push(performance.now() - began)
    giveUp.abort()
    await Promise.all(stuck)
  }
  return times
}

async function measureHostile(bench: Bench): Promise<{
  readonly seconds: number
  readonly odd: readonly string[]
  /** More than there were before. */
  readonly processes: number
  readonly files: readonly string[]
}> {
  await bench.atRest()
  const before = (await withDescendants(bench.child.pid)).length
  const began = performance.now()
  const odd = await runHostileJobs(bench.converter, hostileJobs(hostile))
  const seconds = (performance.now() - began) / 1000
  await bench.atRest()
  // A worker that is replaced may take a moment to be gone.
  let processes = 0
  const asBefore = async () => {
    processes = (await withDescendants(bench.child.pid)).length - before
    return processes <= 0
  }
  await pollUntil('as many processes as before', asBefore, 10_000).catch(() => {})
  return { seconds, odd, processes: Math.max(0, processes), files: await filesLeftIn(bench.child.pid) }
}
