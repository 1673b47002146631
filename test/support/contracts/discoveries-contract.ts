import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const later = new Date('2026-03-02T12:00:00Z')

export function discoveriesContract(database: string, open: OpenStorage): void {
  test(`${database} remembers the last word of each source on an address, whatever its case`, async () => {
    await using storage = await open()
    const { discoveries } = storage
    await discoveries.remember('Bob@Example.com', [
      { source: 'wkd', outcome: 'error', askedAt: noon },
      { source: 'dns', outcome: 'none', askedAt: noon },
    ])
    await discoveries.remember('bob@example.com', [{ source: 'wkd', outcome: 'found', askedAt: later }])
    await discoveries.remember('bob@example.com', [])
    expect(await discoveries.of('BOB@example.com')).toEqual([
      { source: 'dns', outcome: 'none', askedAt: noon },
      { source: 'wkd', outcome: 'found', askedAt: later },
    ])
    expect(await discoveries.of('ann@example.com')).toEqual([])
    expect(await discoveries.forget(later)).toBe(1)
    expect(await discoveries.of('bob@example.com')).toMatchObject([{ source: 'wkd' }])
  })
}
