import { describe, expect, it } from 'vitest'
import type { CallHandlers } from '../../../../src/gateway/calls/control-server.ts'
import { type ListAnswers, listCalls } from '../../../../src/gateway/calls/list-calls.ts'
import { listHandlers } from '../../../../src/gateway/calls/list-handlers.ts'
import { entriesInForce } from '../../../../src/gateway/rules-with-entries.ts'
import { builtInPolicies } from '../../../../src/policy/find-policy.ts'
import { matchSender } from '../../../../src/policy/match-sender.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'

const now = new Date('2026-11-22T08:00:00Z')
const inFiles = { ...builtInPolicies, block: [{ sender: '@Filed.example', reason: 'by file' }] }

async function opened() {
  const storage = await openTestStorage()
  const entries = await entriesInForce(storage.senderEntries)
  const handlers: CallHandlers<typeof listCalls, ListAnswers> = listHandlers({
    storage,
    entries,
    policies: { inForce: inFiles },
    ownDomains: ['kanzlei.example'],
    now: () => now,
  })
  return { storage, handlers, entries, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
}

const why = { by: 'ann', reason: 'advertising' }

describe('the block and allow list by command', () => {
  it('are in force when the answer comes, and no longer when an entry is removed', async () => {
    await using site = await opened()
    const blocked = () =>
      matchSender(
        site.entries.rules(inFiles).block,
        { address: 'x@werbung.example', ip: '198.51.100.9' },
        now,
      )
    expect(await site.handlers['block-add']({ ...why, sender: '@Werbung.example' })).toEqual({
      sender: 'werbung.example',
    })
    expect(blocked()).toMatchObject({ sender: 'werbung.example', by: 'ann' })
    const remove = { list: 'block', sender: 'WERBUNG.example', ...why } as const
    expect(await site.handlers['entry-remove'](remove)).toEqual({ removed: true })
    expect(blocked()).toBeUndefined()
    expect(await site.handlers['entry-remove'](remove)).toEqual({ removed: false })
    await site.handlers['block-add']({ ...why, sender: '198.51.100.200/24' })
    expect(blocked()).toMatchObject({ sender: '198.51.100.0/24' })
  })

  it('are shown together with what the policy files say', async () => {
    await using site = await opened()
    await site.handlers['block-add']({ ...why, sender: 'werbung.example', until: '2026-12-31' })
    await site.handlers['allow-add']({ ...why, sender: 'ann@partner.example', points: 30, requires: 'dkim' })
    expect(await site.handlers['entry-list']({ list: 'block' })).toEqual([
      { sender: 'werbung.example', ...why, until: '2026-12-31', addedAt: now },
      { sender: '@Filed.example', reason: 'by file' },
    ])
    expect(await site.handlers['entry-list']({ list: 'allow' })).toEqual([
      { sender: 'ann@partner.example', points: 30, requires: 'dkim', ...why, addedAt: now },
    ])
  })

  for (const [what, entry] of [
    ['nonsense', { sender: 'not a sender' }],
    ['everybody', { sender: 'default' }],
    ['our own domain', { sender: '@Kanzlei.example' }],
    ['a day that has passed', { sender: 'werbung.example', until: '2026-11-21' }],
  ] as const) {
    it(`take no entry about ${what}`, async () => {
      await using site = await opened()
      await expect(site.handlers['block-add']({ ...why, ...entry })).rejects.toThrow()
      expect(await site.storage.senderEntries.all()).toEqual([])
    })
  }

  it('leave entries of the policy files to whoever edits them', async () => {
    await using site = await opened()
    await expect(
      site.handlers['entry-remove']({ list: 'block', sender: 'filed.example', ...why }),
    ).rejects.toThrow('policy file')
  })

  it('want a reason and a name in one line, and points that mean something', () => {
    const block = listCalls['block-add']
    const allow = listCalls['allow-add']
    expect(block.safeParse({ ...why, sender: 'a.example' }).success).toBe(true)
    expect(block.safeParse({ by: 'ann', sender: 'a.example' }).success).toBe(false)
    expect(block.safeParse({ ...why, reason: 'two\nlines', sender: 'a.example' }).success).toBe(false)
    expect(block.safeParse({ ...why, by: '\u001b[2J', sender: 'a.example' }).success).toBe(false)
    expect(allow.parse({ ...why, sender: 'a.example' })).toMatchObject({ points: 40 })
    for (const points of [-101, 61, 1.5]) {
      expect(allow.safeParse({ ...why, sender: 'a.example', points }).success).toBe(false)
    }
  })
})
