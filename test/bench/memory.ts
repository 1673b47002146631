import type { Bar } from './bar.ts'
import type { BenchSite } from './bench-site.ts'
import { cpuMs, peakMiB } from './process-usage.ts'
import { largeMessage } from './sample-messages.ts'
import { send } from './send.ts'

const messages = 100
const messageBytes = 25_000_000

/** The peak of a fresh gateway while 100 messages of 25 MB come at once. */
export async function measureMemory(bench: BenchSite): Promise<{
  readonly peakMiB: number
  readonly seconds: number
  readonly cpuMs: number
  readonly bars: readonly Bar[]
}> {
  const { site, sender, recipient } = bench
  const file = await bench.messageFile('25m.eml', await largeMessage(sender, recipient, messageBytes))
  await site.stopGateway('SIGTERM')
  await site.startGateway()
  const before = cpuMs(site.gatewayPid)
  const seconds = await send(bench, 'ours', { file, sessions: messages, messages })
  const peak = peakMiB(site.gatewayPid)
  const cpu = (cpuMs(site.gatewayPid) - before) / messages
  await bench.queueEmpty()
  return {
    peakMiB: peak,
    seconds,
    cpuMs: cpu,
    bars: [
      { what: 'peak MiB with 100 messages of 25 MB at once', measured: peak, limit: 1024, better: 'less' },
    ],
  }
}
