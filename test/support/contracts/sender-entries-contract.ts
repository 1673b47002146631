import { expect, test } from 'vitest'
import type { SenderEntry } from '../../../src/storage/sender-entries.ts'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const later = new Date('2026-03-02T12:00:00Z')
const blocked: SenderEntry = {
  list: 'block',
  sender: 'werbung.example',
  reason: 'advertising, also after objection',
  by: 'ann',
  until: '2026-12-31',
  addedAt: noon,
}
const allowed: SenderEntry = {
  list: 'allow',
  sender: 'werbung.example',
  points: 40,
  requires: 'dkim',
  reason: 'agreed by telephone',
  by: 'bob',
  addedAt: later,
}

export function senderEntriesContract(database: string, open: OpenStorage): void {
  test(`${database} keeps one entry for a sender in each list, and records who made it`, async () => {
    await using storage = await open()
    const { senderEntries, audit } = storage
    await senderEntries.put(allowed)
    await senderEntries.put({ ...blocked, reason: 'first' })
    await senderEntries.put(blocked)
    expect(await senderEntries.all()).toEqual([blocked, allowed])
    expect(await audit.of('werbung.example')).toMatchObject([
      { what: 'allow-added', who: 'bob', reason: 'agreed by telephone' },
      { what: 'block-added', who: 'ann', reason: 'first', at: noon },
      { what: 'block-added', who: 'ann', reason: 'advertising, also after objection' },
    ])
  })

  test(`${database} removes an entry once, and records who did`, async () => {
    await using storage = await open()
    const { senderEntries, audit } = storage
    await senderEntries.put(blocked)
    const act = { at: later, who: 'carl', reason: 'they apologised' }
    expect(await senderEntries.remove('allow', 'werbung.example', act)).toBe(false)
    expect(await senderEntries.remove('block', 'werbung.example', act)).toBe(true)
    expect(await senderEntries.remove('block', 'werbung.example', act)).toBe(false)
    expect(await senderEntries.all()).toEqual([])
    expect((await audit.latest(9)).map(({ what, who }) => `${what} ${who}`)).toEqual([
      'block-removed carl',
      'block-added ann',
    ])
    expect((await audit.verify()).brokenAt).toBeUndefined()
  })
}
