import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { anna, builderAddress } from '../../src/demonstration/people.ts'
import { socketsOf } from '../../src/demonstration/site-files.ts'
import { startSite } from '../../src/demonstration/start-site.ts'
import type { Bar } from './bar.ts'
import { openCryptoPeers } from './crypto-peers.ts'
import type { CryptoWork, WorkKind } from './crypto-work.ts'
import { median } from './median.ts'
import { openMilterConnection } from './milter-mail.ts'
import { cpuMs, peakMiB } from './process-usage.ts'
import { largeMessage, smallMessage } from './sample-messages.ts'

const sizes = [
  ['1 KB', 1_000],
  ['1 MB', 1_000_000],
  ['25 MB', 25_000_000],
  ['60 MB', 60_000_000],
] as const

const peerRounds = 5
const smallMails = 200
const bulkConnections = 4

export interface CryptoRow {
  readonly kind: WorkKind
  readonly size: string
  /** Medians; of ours in a process that runs already, of the programs with their start, which is how each is used. */
  readonly ms: number
  readonly peerMs: number
  readonly cpuMs: number
  readonly peerCpuMs: number
  readonly peakMiB: number
}

/** Sign and encrypt, decrypt and verify beside `openssl cms` and `gpg`, and what small mail notices of large. */
export async function measureCrypto(folder: string, print: (text: string) => void) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const rows: CryptoRow[] = []
  {
    using peers = openCryptoPeers(folder)
    for (const kind of ['smime-protect', 'openpgp-protect', 'smime-open', 'openpgp-open'] as const) {
      for (const [size, bytes] of sizes) {
        const ours: CryptoWork[] = []
        const theirs: { ms: number; cpuMs: number }[] = []
        // Side by side in each round, so that what else the machine does meets both.
        for (let round = 0; round < peerRounds; round += 1) {
          ours.push(await workOfOurs(kind, bytes, bytes > 100_000 ? 2 : 50, folder))
          theirs.push(await peers.work(kind, bytes))
        }
        const row = {
          kind,
          size,
          ms: median(ours.map(({ ms }) => median(ms))),
          peerMs: median(theirs.map(({ ms }) => ms)),
          cpuMs: median(ours.map((each) => median(each.cpuMs))),
          peerCpuMs: median(theirs.map((each) => each.cpuMs)),
          peakMiB: median(ours.map((each) => each.peakMiB)),
        }
        print(describeRow(row))
        rows.push(row)
      }
    }
  }
  const small = await measureSmallBesideLarge(join(folder, 'site'))
  print(
    `1 KB, signed and encrypted through the milter socket: alone p50 ${small.alone.p50.toFixed(1)} ms, p99 ${small.alone.p99.toFixed(1)} ms; ` +
      `beside ${bulkConnections} of 25 MB p50 ${small.beside.p50.toFixed(1)} ms, p99 ${small.beside.p99.toFixed(1)} ms ` +
      `(${small.largeMails} large ones meanwhile, ${small.cpuMsOfLarge.toFixed(0)} ms CPU each at most, peak of the gateway ${small.peakMiB.toFixed(0)} MiB)`,
  )
  const row = (kind: WorkKind, size: string) =>
    rows.find((each) => each.kind === kind && each.size === size) as CryptoRow
  const tiny = row('smime-protect', '1 KB')
  const large = row('smime-protect', '25 MB')
  const bars: readonly Bar[] = [
    {
      what: 'S/MIME sign+encrypt of 1 KB, times as fast as two processes of openssl',
      measured: tiny.peerMs / tiny.ms,
      limit: 10,
      better: 'more',
    },
    {
      what: 'S/MIME sign+encrypt of 25 MB, CPU to openssl',
      measured: large.cpuMs / large.peerCpuMs,
      limit: 1.3,
      better: 'less',
    },
    {
      what: 'S/MIME sign+encrypt of 25 MB, peak MiB of the process',
      measured: large.peakMiB,
      limit: 120,
      better: 'less',
    },
    {
      what: 'OpenPGP sign+encrypt of 25 MB, peak MiB of the process',
      measured: row('openpgp-protect', '25 MB').peakMiB,
      limit: 120,
      better: 'less',
    },
    {
      what: 'OpenPGP decrypt+verify of 25 MB, peak MiB of the process',
      measured: row('openpgp-open', '25 MB').peakMiB,
      limit: 120,
      better: 'less',
    },
    {
      what: 'p99 ms of a 1 KB mail beside four of 25 MB',
      measured: small.beside.p99,
      limit: 50,
      better: 'less',
    },
  ]
  return { rows, small, bars }
}

function describeRow({ kind, size, ms, peerMs, cpuMs: cpu, peerCpuMs, peakMiB: peak }: CryptoRow): string {
  const peer = kind.startsWith('smime') ? 'openssl' : 'gpg'
  return (
    `  ${kind.padEnd(15)} ${size.padStart(5)}  ${ms.toFixed(1).padStart(7)} ms, CPU ${cpu.toFixed(1).padStart(7)} ms, peak ${peak.toFixed(0).padStart(4)} MiB` +
    `   ${peer.padEnd(7)} ${peerMs.toFixed(1).padStart(7)} ms, CPU ${peerCpuMs.toFixed(1).padStart(7)} ms`
  )
}

const workProgram = new URL('./crypto-work.ts', import.meta.url).pathname

async function workOfOurs(
  kind: WorkKind,
  bytes: number,
  rounds: number,
  folder: string,
): Promise<CryptoWork> {
  const args = [
    '--disallow-code-generation-from-strings',
    workProgram,
    kind,
    String(bytes),
    String(rounds),
    folder,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as CryptoWork
}

/** Small mails one after the other, first alone, then while four connections send 25 MB again and again. */
async function measureSmallBesideLarge(folder: string) {
  await using site = await startSite({ folder, onStep: (step) => process.stderr.write(`  ${step}\n`) })
  const socket = socketsOf(site.folders).outbound
  const envelope = { sender: anna, recipient: builderAddress }
  const small = { ...envelope, message: await smallMessage(anna, builderAddress) }
  const large = { ...envelope, message: await largeMessage(anna, builderAddress, 25_000_000) }
  using connection = await openMilterConnection(socket)
  const sendSmall = async (count: number) => {
    const taken: number[] = []
    for (let sent = 0; sent < count; sent += 1) taken.push(await accepted(connection.send(small)))
    return { p50: percentile(taken, 50), p99: percentile(taken, 99) }
  }
  await sendSmall(smallMails)
  const alone = await sendSmall(smallMails)
  let isOver = false
  let largeMails = 0
  const cpuBefore = cpuMs(site.gatewayPid)
  const bulk = Array.from({ length: bulkConnections }, async () => {
    using bulky = await openMilterConnection(socket)
    while (!isOver) {
      await accepted(bulky.send(large))
      largeMails += 1
    }
  })
  const beside = await sendSmall(smallMails)
  isOver = true
  await Promise.all(bulk)
  const cpuMsOfLarge = (cpuMs(site.gatewayPid) - cpuBefore) / largeMails
  return { alone, beside, largeMails, cpuMsOfLarge, peakMiB: peakMiB(site.gatewayPid) }
}

async function accepted(
  answered: Promise<{ readonly answer: string; readonly ms: number }>,
): Promise<number> {
  const { answer, ms } = await answered
  if (answer !== 'a') throw new Error(`The gateway answered ${answer}`)
  return ms
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN
}
