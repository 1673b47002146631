import { appendFileSync } from 'node:fs'
import { deliverReleased } from '../../src/delivery/deliver-released.ts'
import { fileReleased } from '../../src/delivery/file-released.ts'
import { holdOriginals } from '../../src/holding/hold-originals.ts'
import { openObservedClock } from '../../src/holding/observed-clock.ts'
import { releaseDue } from '../../src/holding/release-due.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { openStorage } from '../../src/storage/open-storage.ts'

/**
 * A process that takes one mail into custody and releases its original, and stands still in front of its `stopAt`-th
 * step, so that it can be killed there. It prints the name of each step. `start`: how late it is, in minutes.
 */
export interface HoldingWork {
  readonly database: string
  readonly blobs: string
  /** Gets a line for each mail that "Postfix" has taken. */
  readonly outbox: string
  readonly releaseFolder: string
  readonly infected: boolean
  readonly stopAt: number
  readonly start: number
}

const work = JSON.parse(process.argv[2] ?? '') as HoldingWork
const now = () => new Date(Date.UTC(2026, 2, 1, 12, work.start))
const signatures = 'daily 27001'
let steps = 0

/** Every function of `parts`, with a step in front of each call. */
function inSteps<Parts extends object>(name: string, parts: Parts): Parts {
  const entries = Object.entries(parts).map(([key, value]) => [
    key,
    typeof value === 'function'
      ? async (...asked: unknown[]) => {
          await step(`${name}.${key}`)
          return (value as (...asked: unknown[]) => unknown)(...asked)
        }
      : value,
  ])
  return Object.fromEntries(entries) as Parts
}

async function step(name: string): Promise<void> {
  steps++
  process.stdout.write(`${name}\n`)
  if (steps !== work.stopAt) return
  process.stdout.write('stopped\n')
  // Whoever started us kills us here; the timer keeps us alive until then.
  await new Promise((resolve) => setTimeout(resolve, 600_000))
}

await using storage = await openStorage({
  database: { kind: 'sqlite', file: work.database },
  blobs: work.blobs,
  masterKey: new Uint8Array(32),
})
const held = inSteps('held', storage.heldOriginals)
const blobs = inSteps('blobs', storage.blobs)
const effects = inSteps('effects', storage.effects)
let monotonic = 0
const observed = await openObservedClock(storage.observedTime, () => monotonic)

const message = {
  recipients: ['ann@example.com', 'bob@example.com', 'carl@example.com'],
  sender: 'x@client.example',
  author: 'x@client.example',
  messageId: '<1@client.example>',
  digest: 'd1',
}
const content = bytesInMemory(Buffer.alloc(150_000, 'original '))
const attached = { path: [1], fileName: 'a.doc', office: 'doc', content } as const
const scan = { at: now(), signatures, signaturesBuiltAt: undefined }
await holdOriginals(message, [attached], { scan, hold: 0, now: now() }, { held, blobs, observed })
// The mail is accepted here: whatever comes behind it must not get lost.
await step('accept')
monotonic += 60_000

const send = async ({ messageIdLocal, to }: { messageIdLocal: string; to: readonly string[] }) => {
  await step('send')
  appendFileSync(work.outbox, `${messageIdLocal} ${to.join(',')}\n`)
  await step('sent')
}
const policyOf = (recipient: string) =>
  recipient.startsWith('carl')
    ? ({ release: ['folder'], releaseFolder: work.releaseFolder, keepReleased: 0 } as const)
    : ({ release: ['mail'], keepReleased: 0 } as const)
await releaseDue(
  {
    held,
    blobs,
    effects,
    observed,
    now,
    worker: `worker ${process.pid}`,
    scan: async () =>
      work.infected ? { kind: 'infected', name: 'Doc.Agent', signatures } : { kind: 'clean', signatures },
    freshSignatures: 'not-required',
    deliver: (original, bytes) =>
      deliverReleased(original, bytes, {
        effects,
        now,
        send,
        file: fileReleased,
        policyOf: (who) => ({ ...policyOf(who), release: [...policyOf(who).release] }),
      }),
    keptUntil: () => undefined,
    tellLocked: ({ id, recipients }) => send({ messageIdLocal: `locked.${id}`, to: recipients }),
    tellStuck: async () => {},
    alarm: (reason) => process.stdout.write(`alarm: ${reason}\n`),
  },
  new AbortController().signal,
)
process.stdout.write('finished\n')
