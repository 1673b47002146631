import { expect, it } from 'vitest'
import { entriesInForce } from '../../../src/gateway/rules-with-entries.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { SenderEntry } from '../../../src/storage/sender-entries.ts'

const addedAt = new Date('2026-11-22T08:00:00Z')
const blocked: SenderEntry = { list: 'block', sender: 'a.example', reason: 'by command', by: 'ann', addedAt }
const allowed: SenderEntry = {
  list: 'allow',
  sender: 'b.example',
  points: 30,
  reason: 'by command',
  by: 'ann',
  addedAt,
}
const set = {
  ...builtInPolicies,
  block: [{ sender: 'c.example', reason: 'by file' }],
  allow: [{ sender: 'b.example', points: 10, reason: 'by file' }],
}

it('what was typed stands in front of what the files say, and neither is lost', async () => {
  const entries = await entriesInForce({ all: async () => [blocked, allowed] })
  const rules = entries.rules(set)
  expect(rules.block.map(({ sender }) => sender)).toEqual(['a.example', 'c.example'])
  expect(rules.allow.map(({ points }) => points)).toEqual([30, 10])
  expect(rules.trust).toBe(set.trust)
})

it('the same lists serve all mail until something changes', async () => {
  let stored = [blocked]
  const entries = await entriesInForce({ all: async () => stored })
  const before = entries.rules(set)
  expect(entries.rules(set)).toBe(before)
  stored = []
  expect(entries.rules(set)).toBe(before)
  await entries.refresh()
  expect(entries.rules(set).block).toEqual(set.block)
  expect(entries.rules({ ...set, block: [] }).block).toEqual([])
})

it('entries that cannot be read again stay as they were; at the start they must be read', async () => {
  let isDown = false
  const all = async () => {
    if (isDown) throw new Error('down')
    return [blocked]
  }
  const entries = await entriesInForce({ all })
  isDown = true
  await expect(entries.refresh()).rejects.toThrow('down')
  expect(entries.rules(set).block[0]).toEqual(blocked)
  await expect(entriesInForce({ all })).rejects.toThrow('down')
  isDown = false
  await entries.refresh()
})
