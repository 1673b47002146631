import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')

export function auditContract(database: string, open: OpenStorage): void {
  test(`${database} records who did what with an original, in order and whole`, async () => {
    await using storage = await open()
    const { audit } = storage
    expect(await audit.verify()).toEqual({ entries: 0, brokenAt: undefined })
    await audit.append('fetched', 'a', { at: noon, who: 'Änne \0 \u202E', reason: '' })
    await audit.append('deleted', 'b', { at: noon, who: 'bob', reason: 'no longer needed' })
    await audit.append('deleted', 'a', { at: noon, who: 'carl', reason: 'asked by the client' })
    expect(await audit.of('a')).toMatchObject([
      { number: 1, at: noon, who: 'Änne \0 \u202E', what: 'fetched', subject: 'a' },
      { number: 3, who: 'carl', what: 'deleted', reason: 'asked by the client' },
    ])
    expect((await audit.latest(2)).map(({ number }) => number)).toEqual([3, 2])
    expect(await audit.verify()).toEqual({ entries: 3, brokenAt: undefined })
  })

  test(`${database} leaves no gap in the record when many write at the same time`, async () => {
    await using storage = await open()
    const { audit } = storage
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        audit.append('fetched', `${n}`, { at: noon, who: 'ann', reason: '' }),
      ),
    )
    expect(await audit.verify()).toEqual({ entries: 30, brokenAt: undefined })
  })
}
