import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openStorage } from '../../src/storage/open-storage.ts'
import { runYear } from './run-year.ts'
import { tableOf } from './table.ts'

// node test/simulation/simulate.ts [--seed N] [--days N] [--scale N] [--why KIND]...
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '365' },
    scale: { type: 'string', default: '1' },
    /** With which addends mails of these kinds came to their verdicts. */
    why: { type: 'string', multiple: true, default: [] },
  },
})
// In memory where there is such a place: it measures judgements, not disks.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'simulated-year-'))
try {
  await using storage = await openStorage({
    database: { kind: 'sqlite', file: join(folder, 'memory.sqlite') },
    blobs: join(folder, 'blobs'),
    masterKey: new Uint8Array(32),
  })
  const began = performance.now()
  const why = new Map<string, number>()
  const year = await runYear(storage, {
    seed: Number(values.seed),
    days: Number(values.days),
    scale: Number(values.scale),
    onVerdict: (mail, accepted, signals) => {
      if (!values.why.includes(mail.kind)) return
      const line = `${mail.kind}: ${accepted ? 'accepted' : 'refused '} ${signals.join(', ')}`
      why.set(line, (why.get(line) ?? 0) + 1)
    },
  })
  process.stdout.write(`${tableOf(year)}\n\n${((performance.now() - began) / 1000).toFixed(0)} s\n`)
  for (const [line, times] of [...why].sort(([, a], [, b]) => b - a).slice(0, 60))
    process.stdout.write(`${String(times).padStart(5)}  ${line}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
