import { parseArgs } from 'node:util'
import { openMemory } from './open-memory.ts'
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
await using storage = await openMemory()
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
