import { describe, expect, test } from 'vitest'
import { openMemory } from '../simulation/open-memory.ts'
import { runYear } from '../simulation/run-year.ts'
import { reached, tableOf, targets } from '../simulation/table.ts'

// Three seeds show what is chance; no weight was changed for any of them. A quarter of the mail of a year each.
describe.each([1, 2, 3])('a year of a firm of thirty people, seed %i', (seed) => {
  test('brings known senders and first contacts in, and keeps forgeries out', async () => {
    await using storage = await openMemory()
    const year = await runYear(storage, { seed, scale: 0.25 })
    const table = tableOf(year)
    for (const target of targets) expect(reached(year, target), table).toBeLessThanOrEqual(target.most)
    const bounces = year.get('our bounces')
    expect(bounces?.accepted, table).toBeGreaterThan(10)
    expect(bounces?.refused, table).toBe(0)
  }, 600_000)
})
