import type { Bar } from './bar.ts'
import { type BenchSite, type Variant, variants } from './bench-site.ts'
import { median } from './median.ts'
import { cpuMs, forgetPeak, peakMiB } from './process-usage.ts'
import { largeMessage, smallMessage } from './sample-messages.ts'
import { send } from './send.ts'

const rounds = 7

/** Messages of one row: enough for CPU time in steps of 10 ms, few enough for many rounds. */
const loads = [
  { size: '1 KB', sessions: 1, messages: 200 },
  { size: '1 KB', sessions: 10, messages: 400 },
  { size: '1 KB', sessions: 50, messages: 400 },
  { size: '100 KB', sessions: 1, messages: 100 },
  { size: '100 KB', sessions: 10, messages: 200 },
  { size: '100 KB', sessions: 50, messages: 200 },
] as const

type Samples = Record<Variant, { rate: number; cpu: number }[]>

export interface RateRow {
  readonly size: string
  readonly sessions: number
  /** Messages per second, medians over the rounds. */
  readonly rates: Readonly<Record<Variant, number>>
  /** Medians of the ratios within each round, so that what else the machine does falls out. */
  readonly toC: number
  readonly toNone: number
  /** CPU milliseconds per message of our process and of the C filter. */
  readonly cpu: number
  readonly cpuOfC: number
}

/** Rates side by side: each round sends every load through every variant, in an order that turns from round to round. */
export async function measureRates(
  bench: BenchSite,
): Promise<{ rows: readonly RateRow[]; peakMiB: number; bars: readonly Bar[] }> {
  const { sender, recipient } = bench
  const files = {
    '1 KB': await bench.messageFile('1k.eml', await smallMessage(sender, recipient)),
    '100 KB': await bench.messageFile('100k.eml', await largeMessage(sender, recipient, 100_000)),
  }
  const taken = loads.map((): Samples => ({ none: [], 'C filter': [], ours: [] }))
  forgetPeak(bench.site.gatewayPid)
  // Round 0 warms up: compiled code, full caches, Postfix's processes.
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(`  round ${round} of ${rounds}\n`)
    for (const [index, { size, sessions, messages }] of loads.entries()) {
      for (let turn = 0; turn < variants.length; turn += 1) {
        const variant = variants[(turn + round) % variants.length] as Variant
        const pid = variant === 'ours' ? bench.site.gatewayPid : bench.noopFilter.pid
        const before = cpuMs(pid)
        const seconds = await send(bench, variant, { file: files[size], sessions, messages })
        const sample = { rate: messages / seconds, cpu: (cpuMs(pid) - before) / messages }
        if (round > 0) taken[index]?.[variant].push(sample)
        await bench.queueEmpty()
      }
    }
  }
  const rows = loads.map(({ size, sessions }, index) => rowOf(size, sessions, taken[index] as Samples))
  const at = (size: string) => rows.find((row) => row.size === size && row.sessions === 10) as RateRow
  return {
    rows,
    peakMiB: peakMiB(bench.site.gatewayPid),
    bars: [
      {
        what: 'rate to the C filter, 1 KB, 10 sessions',
        measured: at('1 KB').toC,
        limit: 0.9,
        better: 'more',
      },
      { what: 'own CPU ms per message of 1 KB', measured: at('1 KB').cpu, limit: 1.7, better: 'less' },
      { what: 'own CPU ms per message of 100 KB', measured: at('100 KB').cpu, limit: 6.5, better: 'less' },
    ],
  }
}

function rowOf(size: string, sessions: number, samples: Samples): RateRow {
  const rate = (variant: Variant) => median(samples[variant].map((sample) => sample.rate))
  const ratio = (to: Variant) =>
    median(samples.ours.map((sample, index) => sample.rate / (samples[to][index]?.rate ?? Number.NaN)))
  return {
    size,
    sessions,
    rates: { none: rate('none'), 'C filter': rate('C filter'), ours: rate('ours') },
    toC: ratio('C filter'),
    toNone: ratio('none'),
    cpu: median(samples.ours.map(({ cpu }) => cpu)),
    cpuOfC: median(samples['C filter'].map(({ cpu }) => cpu)),
  }
}

export function describeRates(rows: readonly RateRow[]): string {
  const cells = rows.map((row) => [
    row.size,
    String(row.sessions),
    ...variants.map((variant) => row.rates[variant].toFixed(0)),
    row.toC.toFixed(2),
    row.toNone.toFixed(2),
    row.cpu.toFixed(2),
    row.cpuOfC.toFixed(2),
  ])
  const head = ['size', 'sessions', ...variants, 'ours/C', 'ours/none', 'CPU ms', 'CPU ms C']
  return [head, ...cells].map((row) => row.map((cell) => cell.padStart(10)).join('')).join('\n')
}
