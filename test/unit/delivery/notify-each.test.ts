import { expect, it } from 'vitest'
import { notifyEach } from '../../../src/delivery/notify-each.ts'
import type { Notice } from '../../../src/delivery/send-notice.ts'

const notice: Notice = {
  to: ['ann@example.org', 'gone@example.org', 'bob@example.org'],
  subject: 'Freigegeben',
  text: 'Das Original liegt bei.',
  messageIdLocal: 'postsiegel.released.1',
}

function house(refused: Set<string>) {
  const sent: Notice[] = []
  const done = new Set<string>()
  const parts = {
    effects: {
      first: async (key: string) => !done.has(key) && done.add(key) !== undefined,
      done: async (key: string) => done.has(key),
    },
    now: () => new Date('2026-11-21T12:00:00Z'),
    send: async (each: Notice) => {
      if (each.to.some((recipient) => refused.has(recipient))) throw new Error('550 unknown')
      sent.push(each)
    },
  }
  return { sent, parts, done }
}

it('reaches each recipient alone, so that nobody learns of a blind copy', async () => {
  const { sent, parts } = house(new Set())
  await notifyEach(notice, parts)
  expect(sent.map(({ to }) => to)).toEqual(notice.to.map((recipient) => [recipient]))
})

it('reaches the others when one is refused, and only that one when it is repeated', async () => {
  const refused = new Set(['gone@example.org'])
  const { sent, parts, done } = house(refused)
  await expect(notifyEach(notice, parts)).rejects.toThrow('1 of 3 recipients')
  await expect(notifyEach(notice, parts)).rejects.toThrow('1 of 3 recipients')
  expect(sent.flatMap(({ to }) => to)).toEqual(['ann@example.org', 'bob@example.org'])
  refused.clear()
  await notifyEach(notice, parts)
  expect(sent.flatMap(({ to }) => to)).toEqual(['ann@example.org', 'bob@example.org', 'gone@example.org'])
  expect([...done].join()).not.toContain('@')
})

it('of another original reaches everybody again', async () => {
  const { sent, parts } = house(new Set())
  await notifyEach(notice, parts)
  await notifyEach({ ...notice, messageIdLocal: 'postsiegel.released.2' }, parts)
  expect(sent).toHaveLength(6)
})
