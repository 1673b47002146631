import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { judgeInbound } from '../../src/gateway/judge-inbound.ts'
import { askMemory } from '../../src/inspection/ask-memory.ts'
import { type AuthenticationFacts, noProtection, unaskedFacts } from '../../src/message/facts.ts'
import { builtInPolicies } from '../../src/policy/find-policy.ts'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'
import { shippedWeights } from '../../src/trust/weights.ts'
import { receivedMessage } from '../support/received-message.ts'
import type { Bar } from './bar.ts'
import { median } from './median.ts'

const relations = 1_000_000
const judgements = 20_000
const learned = 20_000
/** As many as Postfix delivers to us at once. */
const atOnce = 50
const ours = 'anna@kanzlei.example'
const now = new Date('2026-11-22T12:00:00Z')

/** What the Level of Trust costs with a million relations stored: judging, memory, learning. */
export async function measureTrust(folder: string, print: (text: string) => void) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'memory.sqlite')
  const open = () =>
    openStorage({
      database: { kind: 'sqlite', file },
      blobs: join(folder, 'blobs'),
      masterKey: new Uint8Array(32),
    })
  await (await open())[Symbol.asyncDispose]()
  fill(file)
  await using storage = await open()

  const { aMinute: learning, cpuMs: learningCpuMs } = await measureLearning(storage)
  print(`relations learned a minute: ${learning.toFixed(0)}, ${learningCpuMs.toFixed(2)} ms CPU each`)
  const { cpuMs, memoryMiB } = await measureJudging(storage)
  print(
    `judgement of a message of 1 KB: ${cpuMs.toFixed(3)} ms CPU; memory for it ${memoryMiB.toFixed(0)} MiB\n`,
  )
  const bars: Bar[] = [
    { what: 'judgement with 1,000,000 relations, ms CPU', measured: cpuMs, limit: 1, better: 'less' },
    { what: 'memory of the look-ups, MiB', measured: memoryMiB, limit: 64, better: 'less' },
    { what: 'relations learned a minute', measured: learning, limit: 100_000, better: 'more' },
  ]
  return { cpuMs, memoryMiB, learning, learningCpuMs, bars }
}

/** Rows as the memory has them: their names are hashes, so any will do. */
function fill(file: string): void {
  const database = new DatabaseSync(file)
  const insert = database.prepare(
    'insert into relations (subject, kind, weight, mails, first_at, last_at) values (?, ?, 1, 1, ?, ?)',
  )
  database.exec('begin')
  for (let number = 0; number < relations; number += 1) {
    const at = now.getTime() - (number % 180) * 86_400_000
    insert.run(randomBytes(16).toString('hex'), ['pair', 'address', 'domain'][number % 3] ?? '', at, at)
  }
  database.exec('commit')
  database.close()
}

/** Each mail makes a new relation, as in the worst hour. */
async function measureLearning({ trustMemory }: Storage): Promise<{ aMinute: number; cpuMs: number }> {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  let next = 0
  const work = async () => {
    while (next < learned) {
      const number = next++
      // Many of us write: nobody reaches the limits of learning.
      const from = `mitarbeiter${number % 2000}@kanzlei.example`
      const sent = {
        ...{ from, to: addressOf(number), at: now, messageId: `<${number}@kanzlei.example>` },
        ...{ recipients: 1, teaches: true },
      }
      await trustMemory.learnSent(sent, `bench ${number}`, shippedWeights)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const { user, system } = process.cpuUsage(cpu)
  return {
    aMinute: (learned / (performance.now() - began)) * 60_000,
    cpuMs: (user + system) / 1000 / learned,
  }
}

const addressOf = (number: number) => `person${number}@firma${number}.example`

/** Look-ups and judgement; what DNS and scanner say is there already. Half of the authors are known. */
async function measureJudging({ trustMemory }: Storage): Promise<{ cpuMs: number; memoryMiB: number }> {
  const header = `From: <${addressOf(0)}>\nMessage-ID: <1@firma.example>\nIn-Reply-To: <2@kanzlei.example>\n\n`
  const message = receivedMessage(`${header}${'Guten Tag, anbei die Zahlen.\n'.repeat(30)}`, {
    recipients: [ours],
    receivedAt: now,
  })
  const rounds: number[] = []
  const before = process.memoryUsage().rss
  let peak = before
  for (let number = 0; number < judgements; ) {
    const began = process.cpuUsage()
    for (const end = number + judgements / 5; number < end; number += 1) {
      const address = addressOf((number * 7919) % (2 * learned))
      const found = { authentication: authenticationOf(address), protection: noProtection }
      const asked = { ...message, sender: address }
      const { relations, history, reply } = await askMemory(trustMemory, asked, found, now, shippedWeights)
      const facts = {
        ...unaskedFacts,
        ...found,
        ...{ relations, history, reply, ownDomain: false, ambiguities: [], files: [], office: [] },
        scan: { kind: 'clean', signatures: 'bench' } as const,
      }
      judgeInbound(asked, facts, builtInPolicies, {
        organization: { name: 'Kanzlei', telephone: '+49 30 5550100' },
        cameBack: false,
      })
    }
    const { user, system } = process.cpuUsage(began)
    rounds.push((user + system) / 1000 / (judgements / 5))
    peak = Math.max(peak, process.memoryUsage().rss)
  }
  return { cpuMs: median(rounds), memoryMiB: (peak - before) / 2 ** 20 }
}

function authenticationOf(address: string): AuthenticationFacts {
  const domain = address.slice(address.indexOf('@') + 1)
  return {
    author: { address, domain },
    spf: { result: 'pass', domain, aligned: true, reach: 'own' },
    dkim: [],
    dmarc: { result: 'pass', policy: 'reject' },
    arc: 'none',
  }
}
