import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bar, describeBar, isReached } from './bar.ts'
import { startBenchSite } from './bench-site.ts'
import { measureCrypto } from './crypto.ts'
import { measureMemory } from './memory.ts'
import { measureOffice } from './office.ts'
import { describeRates, measureRates } from './rates.ts'
import { measureStart } from './start-time.ts'
import { measureTrust } from './trust.ts'

/** What `npm run bench -- NAME` measures alone. */
const names = ['rates', 'start', 'memory', 'office', 'crypto', 'trust']
const [only] = process.argv.slice(2)
if (only !== undefined && !names.includes(only)) {
  process.stderr.write(`npm run bench [-- ${names.join(' | ')}]\n`)
  process.exit(2)
}
if (process.getuid?.() !== 0) {
  process.stderr.write('the bench runs a Postfix of its own, which only root can start: sudo npm run bench\n')
  process.exit(2)
}

const folder = new URL('../../var/bench', import.meta.url).pathname
mkdirSync(folder, { recursive: true })
// As the unit has it (systemd/postsiegel.service); the gateway inherits it.
process.env.NODE_COMPILE_CACHE = join(folder, 'compile-cache')

const wanted = (name: string) => only === undefined || only === name
const print = (text: string) => void process.stdout.write(`${text}\n`)
const bars: Bar[] = []
const results: Record<string, unknown> = { at: new Date().toISOString() }

if (wanted('office')) {
  const office = await measureOffice(join(folder, 'office'), print)
  results.office = office
  bars.push(...office.bars)
}
if (wanted('crypto')) {
  const crypto = await measureCrypto(join(folder, 'crypto'), print)
  results.crypto = crypto
  bars.push(...crypto.bars)
}
if (wanted('trust')) {
  const trust = await measureTrust(join(folder, 'trust'), print)
  results.trust = trust
  bars.push(...trust.bars)
}
if (only === undefined || ['rates', 'start', 'memory'].includes(only)) {
  await using bench = await startBenchSite(folder)
  if (wanted('rates')) {
    const rates = await measureRates(bench)
    print(describeRates(rates.rows))
    print(`peak of our process: ${rates.peakMiB.toFixed(0)} MiB\n`)
    results.rates = rates
    bars.push(...rates.bars)
  }
  if (wanted('start')) {
    const start = await measureStart(bench)
    print(`from start to ready: ${start.ms} ms\n`)
    results.start = start
    bars.push(...start.bars)
  }
  if (wanted('memory')) {
    const memory = await measureMemory(bench)
    const { peakMiB, seconds, cpuMs } = memory
    print(
      `100 messages of 25 MB at once: ${seconds.toFixed(0)} s, peak ${peakMiB.toFixed(0)} MiB, CPU ${cpuMs.toFixed(0)} ms each\n`,
    )
    results.memory = memory
    bars.push(...memory.bars)
  }
  const { accepted, others } = bench.outcomes()
  print(
    `${accepted} messages accepted by the gateway${others.length ? `, not: ${[...new Set(others)].join(', ')}` : ''}`,
  )
}
for (const bar of bars) print(describeBar(bar))
const file = join(folder, 'results.json')
writeFileSync(
  file,
  `${JSON.stringify({ ...results, bars: bars.map((bar) => ({ ...bar, reached: isReached(bar) })) }, undefined, 2)}\n`,
)
print(`written to ${file}`)
