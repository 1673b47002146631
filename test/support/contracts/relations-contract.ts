import { describe, expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const start = new Date('2026-03-01T12:00:00Z')
const daysLater = (days: number) => new Date(start.getTime() + days * 24 * 60 * 60 * 1000)
const sent = (from: string, to: string, at = start) => ({ from, to, at })

export function relationsContract(database: string, open: OpenStorage): void {
  test(`${database} knows nobody we have not written to`, async () => {
    await using storage = await open()
    const nobody = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }
    expect(await storage.relations.find('eve@example.org', 'ann@example.com', start)).toEqual(nobody)
  })

  test(`${database} tells the recipient's own mail from a colleague's and from mail to the domain`, async () => {
    await using storage = await open()
    const { relations } = storage
    await relations.learn(sent('ann@example.com', 'carl@client.example'), '1')
    await relations.learn(sent('bob@example.com', 'carl@client.example', daysLater(1)), '2')
    const known = { firstAt: start.getTime(), lastAt: daysLater(1).getTime() }
    const asked = async (author: string, recipient: string) => {
      const facts = await relations.find(author, recipient, daysLater(1))
      const round = (count: number) => Math.round(count * 10) / 10
      return { ...facts, pair: round(facts.pair), address: round(facts.address), domain: round(facts.domain) }
    }
    expect(await asked('Carl@Client.Example', 'ANN@example.com')).toEqual({
      pair: 1,
      address: 2,
      domain: 2,
      ...known,
    })
    expect(await asked('carl@client.example', 'dora@example.com')).toEqual({
      pair: 0,
      address: 2,
      domain: 2,
      ...known,
    })
    const stranger = { pair: 0, address: 0, domain: 2, firstAt: undefined, lastAt: undefined }
    expect(await asked('eve@client.example', 'ann@example.com')).toEqual(stranger)
    expect((await asked('eve@sub.client.example', 'ann@example.com')).domain).toBe(0)
  })

  test(`${database} counts a mail once, however often its client comes again`, async () => {
    await using storage = await open()
    const mail = sent('ann@example.com', 'carl@client.example')
    await Promise.all(
      Array.from({ length: 10 }, () => storage.relations.learn(mail, 'digest carl@client.example')),
    )
    expect((await storage.relations.find(mail.to, mail.from, start)).pair).toBe(1)
  })

  test(`${database} counts simultaneous mails to one domain all`, async () => {
    await using storage = await open()
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        storage.relations.learn(sent(`a${n % 3}@example.com`, `c${n % 5}@x.example`), `${n}`),
      ),
    )
    expect((await storage.relations.find('c0@x.example', 'a0@example.com', start)).domain).toBeCloseTo(30)
  })

  describe('decay', () => {
    for (const [days, pair, domain] of [
      [0, 1, 1],
      [90, Math.SQRT1_2, 0.5],
      [180, 0.5, 0.25],
      [360, 0.25, 0.0625],
    ] as const) {
      test(`${database} counts a mail ${pair.toFixed(2)} for the address and ${domain} for the domain after ${days} days`, async () => {
        await using storage = await open()
        await storage.relations.learn(sent('ann@example.com', 'carl@client.example'), '1')
        const facts = await storage.relations.find('carl@client.example', 'ann@example.com', daysLater(days))
        expect(facts.pair).toBeCloseTo(pair)
        expect(facts.address).toBeCloseTo(pair)
        expect(facts.domain).toBeCloseTo(domain)
      })
    }
  })

  test(`${database} adds mails in any order, and never counts one more than once when the clock goes back`, async () => {
    await using storage = await open()
    const { relations } = storage
    await relations.learn(sent('ann@example.com', 'carl@client.example', daysLater(180)), '2')
    await relations.learn(sent('ann@example.com', 'carl@client.example', daysLater(0)), '1')
    const find = (days: number) => relations.find('carl@client.example', 'ann@example.com', daysLater(days))
    expect((await find(180)).pair).toBeCloseTo(1.5)
    expect(await find(180)).toMatchObject({
      firstAt: daysLater(0).getTime(),
      lastAt: daysLater(180).getTime(),
    })
    expect((await find(-36_500)).pair).toBe(2)
  })
}
