import type { Bar } from './bar.ts'
import type { BenchSite } from './bench-site.ts'
import { median } from './median.ts'

const rounds = 5

/** From the start of the process to its event "ready", with the cache of compiled code that the unit has too. */
export async function measureStart(bench: BenchSite): Promise<{ ms: number; bars: readonly Bar[] }> {
  const taken: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await bench.site.stopGateway('SIGTERM')
    const start = Date.now()
    await bench.site.startGateway()
    const ready = bench.site.events().findLast(({ event }) => event === 'ready')
    taken.push(Date.parse(String(ready?.at)) - start)
  }
  const ms = median(taken)
  return { ms, bars: [{ what: 'ms from start to ready', measured: ms, limit: 1000, better: 'less' }] }
}
