import { expect, test } from 'vitest'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'
import type { OpenStorage } from './storage-contract.ts'

const decision = (id: string, at: string): DecisionRecord => ({
  id,
  at: new Date(at),
  direction: 'inbound',
  queueId: '4Xk2mT0z3Qz9',
  clientAddress: '192.0.2.1',
  sender: 'müller@example.org',
  author: undefined,
  recipients: ['ann@example.com', 'nul\0@example.com', 'half \ud800 a pair@example.com'],
  answer: '550 5.7.1',
  trust: { score: -35, signals: [{ name: 'DMARC_FAIL', points: -35, evidence: 'p=quarantine' }] },
  outcomes: [{ recipient: 'ann@example.com', outcome: 'reject' }],
  policyGeneration: 3,
  milliseconds: 12.5,
})

export function decisionsContract(database: string, open: OpenStorage): void {
  test(`${database} gives a decision back as it was made`, async () => {
    await using storage = await open()
    const made = decision('a', '2026-03-01T10:00:00.123Z')
    await storage.decisions.add(made)
    expect(await storage.decisions.find('a')).toEqual(made)
    expect(await storage.decisions.find('b')).toBeUndefined()
  })

  test(`${database} keeps the first record of a decision`, async () => {
    await using storage = await open()
    await storage.decisions.add(decision('a', '2026-03-01T10:00:00Z'))
    await storage.decisions.add({ ...decision('a', '2026-03-02T10:00:00Z'), answer: 'accept' })
    expect((await storage.decisions.find('a'))?.answer).toBe('550 5.7.1')
  })

  test(`${database} tells what was refused for good in a time, whatever senders write`, async () => {
    await using storage = await open()
    for (const [id, answer, sender] of [
      ['accepted', 'accept', '"answer":"550'],
      ['deferred', '451 4.7.1', 'a@b.example'],
      ['refused', '550 5.7.1', 'a@b.example'],
    ] as const) {
      await storage.decisions.add({ ...decision(id, '2026-03-02T10:00:00Z'), answer, sender })
    }
    await storage.decisions.add(decision('early', '2026-03-01T23:59:59Z'))
    await storage.decisions.add(decision('first', '2026-03-02T00:00:00Z'))
    await storage.decisions.add(decision('late', '2026-03-03T00:00:00Z'))
    const day = storage.decisions.refused(new Date('2026-03-02'), new Date('2026-03-03'))
    expect(await idsOf(day)).toEqual(['first', 'refused'])
  })

  test(`${database} tells of more refusals than it reads at once, each one once`, async () => {
    await using storage = await open()
    const ids = Array.from({ length: 450 }, (_, index) => `r${String(index).padStart(3, '0')}`)
    for (const [index, id] of ids.entries())
      await storage.decisions.add(decision(id, `2026-03-02T10:0${index % 3}:00Z`))
    const day = storage.decisions.refused(new Date('2026-03-02'), new Date('2026-03-03'))
    expect((await idsOf(day)).sort()).toEqual(ids)
  })

  test(`${database} lists the latest decisions, newest first, and forgets the old`, async () => {
    await using storage = await open()
    for (const day of ['02', '01', '03'])
      await storage.decisions.add(decision(day, `2026-03-${day}T00:00:00Z`))
    const latest = async () => (await storage.decisions.latest(2)).map(({ id }) => id)
    expect(await latest()).toEqual(['03', '02'])
    expect(await storage.decisions.forget(new Date('2026-03-03T00:00:00Z'))).toBe(2)
    expect(await latest()).toEqual(['03'])
  })
}

async function idsOf(records: AsyncIterable<DecisionRecord>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of records) ids.push(id)
  return ids
}
