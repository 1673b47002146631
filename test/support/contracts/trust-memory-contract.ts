import { describe, expect, test } from 'vitest'
import type { Recalled, RecallQuestion, SentMail, TrustMemory } from '../../../src/storage/trust-memory.ts'
import { shippedWeights } from '../../../src/trust/weights.ts'
import { recallQuestion, sentMail } from '../recall.ts'
import type { OpenStorage } from './storage-contract.ts'

const start = new Date('2026-03-01T12:00:00Z')
const daysLater = (days: number) => new Date(start.getTime() + days * 86_400_000)
const weights = shippedWeights
const carl = { address: 'carl@client.example', domain: 'client.example' }
const nothingSeen = { seen: [], provenAnswers: 0 }
const refusal = { counts: true, healable: true, suspicious: true }
const unproven = { factorWith: ({ healing }: { healing: boolean }) => (healing ? 0.5 : 0) }

const effects = (function* () {
  for (let number = 1; ; number += 1) yield `${number}`
})()
const newEffect = () => effects.next().value ?? ''
const learn = (memory: TrustMemory, at: Date, change: Partial<SentMail> = {}, effect = newEffect()) =>
  memory.learnSent(sentMail(at, change), effect, weights)
const recall = (memory: TrustMemory, now: Date, change: Partial<RecallQuestion> = {}) =>
  memory.recall(recallQuestion(now, change))
const relationOf = async (memory: TrustMemory, now: Date, change: Partial<RecallQuestion> = {}) => {
  const [relation] = (await recall(memory, now, change)).relations
  if (!relation) throw new Error('no relation for the recipient')
  const round = (count: number) => Math.round(count * 100) / 100
  return {
    pair: round(relation.pair),
    address: round(relation.address),
    domain: round(relation.domain),
    firstAt: relation.firstAt,
    lastAt: relation.lastAt,
  }
}
const accept = (
  memory: TrustMemory,
  { sender }: Recalled,
  at: Date,
  lessons: Parameters<TrustMemory['learnAccepted']>[1] = nothingSeen,
  effect = newEffect(),
) => memory.learnAccepted(sender, lessons, effect, at, weights)
const refuse = (
  memory: TrustMemory,
  { sender }: Recalled,
  at: Date,
  reference = 'REF',
  effect = newEffect(),
) => memory.learnRefused(sender, refusal, reference, effect, at, weights)

export function trustMemoryContract(database: string, open: OpenStorage): void {
  const it = (title: string, run: (memory: TrustMemory) => Promise<void>) =>
    test(`${database} ${title}`, async () => {
      await using storage = await open()
      await run(storage.trustMemory)
    })

  it('knows nobody we have not written to', async (memory) => {
    const { relations, history, reply } = await recall(memory, start)
    expect(relations).toEqual([{ pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }])
    expect(history).toEqual({
      ...{ accepted: 0, refused: 0, kind: 'domain', learnedOrigin: false, healing: false },
      seen: { signed: false, spf: false, origin: false },
    })
    expect(reply).toEqual({ match: 'none', ours: undefined })
  })

  it("tells the recipient's own mail from a colleague's and from mail to the organisation", async (memory) => {
    await learn(memory, start)
    await learn(memory, daysLater(1), { from: 'bob@example.com' })
    const now = daysLater(1)
    const times = { firstAt: start.getTime(), lastAt: now.getTime() }
    const by = (address: string, recipient: string) => {
      const domain = address.slice(address.indexOf('@') + 1)
      return relationOf(memory, now, { author: { address, domain }, recipients: [recipient] })
    }
    expect(await by('Carl@Client.Example', 'ANN@example.com')).toEqual({
      ...times,
      ...{ pair: 1, address: 2, domain: 1.99 },
    })
    expect(await by('carl@client.example', 'dora@example.com')).toEqual({
      ...times,
      ...{ pair: 0, address: 2, domain: 1.99 },
    })
    const stranger = { pair: 0, address: 0, domain: 1.99, firstAt: undefined, lastAt: undefined }
    expect(await by('eve@client.example', 'ann@example.com')).toEqual(stranger)
    expect(await by('eve@mail.client.example', 'ann@example.com')).toEqual(stranger)
    expect((await by('eve@other.example', 'ann@example.com')).domain).toBe(0)
  })

  it('finds a thousand recipients at once, each with a relation of his own', async (memory) => {
    await learn(memory, start, { from: 'p7@example.com' })
    const recipients = Array.from({ length: 1000 }, (_, n) => `p${n}@example.com`)
    const { relations } = await recall(memory, start, { recipients })
    expect(relations).toHaveLength(1000)
    expect(relations.map(({ pair }) => pair)).toEqual(recipients.map((_, n) => (n === 7 ? 1 : 0)))
  })

  it('makes no relation to all users of a freemail provider', async (memory) => {
    await learn(memory, start, { to: 'carl@web.de' })
    const author = { address: 'eve@web.de', domain: 'web.de' }
    expect(await relationOf(memory, start, { author })).toMatchObject({ address: 0, domain: 0 })
  })

  it('counts a mail once, however often its client comes again', async (memory) => {
    await Promise.all(Array.from({ length: 10 }, () => learn(memory, start, {}, 'digest carl')))
    expect((await relationOf(memory, start)).pair).toBe(1)
  })

  it('counts simultaneous mails to one domain all', async (memory) => {
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        learn(memory, start, { from: `a${n % 3}@example.com`, to: `c${n % 5}@client.example` }),
      ),
    )
    expect((await relationOf(memory, start)).domain).toBe(30)
  })

  describe('decay', () => {
    for (const [days, pair, domain] of [
      [0, 1, 1],
      [90, 0.71, 0.5],
      [180, 0.5, 0.25],
      [360, 0.25, 0.06],
      [400_000, 0, 0],
    ] as const)
      it(`counts a mail ${pair} for the address and ${domain} for the domain after ${days} days`, async (memory) => {
        await learn(memory, start)
        expect(await relationOf(memory, daysLater(days))).toMatchObject({ pair, address: pair, domain })
        // What is added to something so old does not fail either.
        await learn(memory, daysLater(days))
        expect((await relationOf(memory, daysLater(days))).pair).toBeCloseTo(1 + pair, 1)
      })
  })

  it('adds mails in any order, and never counts one more than once when the clock goes back', async (memory) => {
    await learn(memory, daysLater(180))
    await learn(memory, start)
    expect(await relationOf(memory, daysLater(180))).toMatchObject({
      pair: 1.5,
      firstAt: start.getTime(),
      lastAt: daysLater(180).getTime(),
    })
    expect((await relationOf(memory, daysLater(-36_500))).pair).toBe(1.5)
  })

  it('goes by half-lives that a policy changes, from then on', async (memory) => {
    await learn(memory, start)
    const faster = { ...weights, relation: { ...weights.relation, pairHalfLife: 90 } }
    expect(await relationOf(memory, daysLater(180), { weights: faster })).toMatchObject({ pair: 0.25 })
  })

  describe('limits of learning', () => {
    it('takes a mail to many for a tenth, and for nothing of the domain', async (memory) => {
      await learn(memory, start, { recipients: 26 })
      expect(await relationOf(memory, start)).toMatchObject({ pair: 0.1, domain: 0 })
    })

    it('sees that a mail goes to many although each is a transaction of its own', async (memory) => {
      for (let n = 0; n < 40; n += 1)
        await learn(memory, start, { to: `c${n}@d${n}.example`, messageId: '<letter@example.com>' })
      const pairOf = async (n: number) => {
        const author = { address: `c${n}@d${n}.example`, domain: `d${n}.example` }
        return (await relationOf(memory, start, { author })).pair
      }
      expect([await pairOf(24), await pairOf(25), await pairOf(39)]).toEqual([1, 0.1, 0.1])
    })

    it('takes the mails of one sender beyond a hundred an hour for a tenth', async (memory) => {
      const send = (n: number, at: Date) => learn(memory, at, { to: `c${n}@client.example` })
      for (let n = 0; n < 101; n += 1) await send(n, start)
      await send(200, new Date(start.getTime() + 3_600_000))
      const pairOf = async (n: number) => {
        const author = { address: `c${n}@client.example`, domain: 'client.example' }
        return (await relationOf(memory, start, { author })).pair
      }
      expect([await pairOf(99), await pairOf(100), await pairOf(200)]).toEqual([1, 0.1, 1])
    })

    it('learns no more than 200 new addresses of one sender on a day, and says so once', async (memory) => {
      const reached: number[] = []
      for (let n = 0; n < 205; n += 1) {
        const { limitReached } = await learn(memory, start, { to: `c${n}@d${n}.example` })
        if (limitReached) reached.push(n)
      }
      expect(reached).toEqual([200])
      const author = { address: 'c204@d204.example', domain: 'd204.example' }
      expect(await relationOf(memory, start, { author })).toMatchObject({ address: 0, domain: 0 })
      const known = { address: 'c3@d3.example', domain: 'd3.example' }
      await learn(memory, start, { to: known.address })
      expect((await relationOf(memory, start, { author: known })).address).toBeGreaterThan(0.2)
      await learn(memory, daysLater(1), { to: author.address })
      expect((await relationOf(memory, daysLater(1), { author })).address).toBe(1)
    })

    it('learns nothing from mail to somebody who was doubted within a day', async (memory) => {
      await refuse(memory, await recall(memory, start), start)
      await learn(memory, daysLater(0.9))
      expect((await relationOf(memory, daysLater(1))).pair).toBe(0)
      await learn(memory, daysLater(1.1))
      expect((await relationOf(memory, daysLater(1.1))).pair).toBe(1)
    })
  })

  describe('reply tokens', () => {
    const token = '<1@example.com>'
    const matchOf = async (memory: TrustMemory, address: string, change: Partial<RecallQuestion> = {}) => {
      const domain = address.slice(address.indexOf('@') + 1)
      const question = { author: { address, domain }, answers: ['<x@y>', token], ...change }
      return (await recall(memory, daysLater(1), question)).reply
    }

    it('know who answers: whom we wrote to, a colleague of his, somebody else', async (memory) => {
      await learn(memory, start, { messageId: token })
      const sentAt = start.getTime()
      expect(await matchOf(memory, 'Carl@client.example')).toEqual({
        ...{ match: 'exact-peer', ours: undefined, sentAt },
      })
      expect((await matchOf(memory, 'dora@sub.client.example')).match).toBe('colleague')
      expect((await matchOf(memory, 'eve@evil.example')).match).toBe('other')
      expect((await matchOf(memory, 'carl@client.example', { answers: ['<2@example.com>'] })).match).toBe(
        'none',
      )
    })

    it('make no colleagues of users of a freemail provider', async (memory) => {
      await learn(memory, start, { messageId: token, to: 'carl@gmx.de' })
      expect((await matchOf(memory, 'eve@gmx.de')).match).toBe('other')
    })

    it('know of several mails that are answered the one that proves most', async (memory) => {
      await learn(memory, daysLater(0.5), { messageId: token, to: 'dora@client.example' })
      await learn(memory, start, { messageId: '<0@example.com>' })
      const answers = ['<0@example.com>', token]
      expect(await matchOf(memory, 'carl@client.example', { answers })).toMatchObject({
        match: 'exact-peer',
        sentAt: start.getTime(),
      })
    })

    it('are good for twenty answers and ninety days', async (memory) => {
      await learn(memory, start, { messageId: token })
      const question = { answers: [token] }
      for (let use = 0; use < 20; use += 1) {
        const recalled = await recall(memory, start, question)
        expect(recalled.reply.match).toBe('exact-peer')
        // The second is the same mail once more.
        for (const effect of [`use ${use}`, `use ${use}`])
          await accept(memory, recalled, start, nothingSeen, effect)
      }
      expect((await recall(memory, start, question)).reply.match).toBe('none')
      await learn(memory, start, { messageId: '<2@example.com>' })
      const later = (days: number) => recall(memory, daysLater(days), { answers: ['<2@example.com>'] })
      expect((await later(90)).reply.match).toBe('exact-peer')
      expect((await later(90.1)).reply.match).toBe('none')
    })

    it('tell a bounce of ours from one of mail that others sent in our name', async (memory) => {
      await learn(memory, start, { messageId: token, teaches: false })
      const bounce = { isNullSender: true }
      expect(await matchOf(memory, 'mailer-daemon@client.example', bounce)).toMatchObject({ ours: true })
      expect(await matchOf(memory, 'mailer-daemon@x.example', { ...bounce, answers: ['<2@x>'] })).toEqual({
        ...{ match: 'none', ours: false },
      })
      expect(await matchOf(memory, 'mailer-daemon@x.example', { ...bounce, answers: [] })).toEqual({
        ...{ match: 'none', ours: false },
      })
    })

    it('are not used up by strangers without proof, nor does their end make a bounce of ours foreign', async (memory) => {
      await learn(memory, start, { messageId: token })
      const question = { answers: [token] }
      const eve = { ...question, author: { address: 'eve@evil.example', domain: 'evil.example' } }
      const use = async (change: Partial<RecallQuestion>, effect: string) =>
        accept(memory, await recall(memory, start, change), start, nothingSeen, effect)
      for (let mail = 0; mail < 20; mail += 1) await use({ ...eve, factorWith: () => 0 }, `stranger ${mail}`)
      expect((await recall(memory, start, question)).reply.match).toBe('exact-peer')
      for (let mail = 0; mail < 20; mail += 1) await use(question, `peer ${mail}`)
      expect((await recall(memory, start, question)).reply.match).toBe('none')
      const { reply } = await recall(memory, start, { ...question, isNullSender: true })
      expect(reply).toMatchObject({ match: 'none', ours: true })
    })

    it('of automatic mail prove no answer', async (memory) => {
      await learn(memory, start, { messageId: token, teaches: false })
      expect((await matchOf(memory, 'carl@client.example')).match).toBe('none')
      expect((await relationOf(memory, start)).pair).toBe(0)
    })
  })

  describe('history', () => {
    it('is kept by the proven domain, by the whole address at a freemail provider, else by sender or client', async (memory) => {
      const freemail = { author: { address: 'carl@gmx.de', domain: 'gmx.de' } }
      const envelope = { ...unproven, envelopeDomain: 'bounces.sender.example' }
      for (const change of [{}, freemail, envelope, unproven]) {
        const recalled = await recall(memory, start, change)
        await accept(memory, recalled, start)
        await refuse(memory, recalled, start)
      }
      const historyOf = async (change: Partial<RecallQuestion>) => {
        const { kind, accepted, refused } = (await recall(memory, start, change)).history
        return [kind, accepted, refused]
      }
      expect(await historyOf({ author: { ...carl, address: 'dora@client.example' } })).toEqual([
        'domain',
        1,
        1,
      ])
      expect(await historyOf(freemail)).toEqual(['address', 1, 1])
      expect(await historyOf({ author: { address: 'eve@gmx.de', domain: 'gmx.de' } })).toEqual([
        ...['address', 0, 0],
      ])
      expect(await historyOf({ ...unproven, envelopeDomain: 'sender.example' })).toEqual(['envelope', 1, 1])
      expect(await historyOf(unproven)).toEqual(['ip', 1, 1])
      const neighbour = { address: '192.0.2.8', hostName: undefined }
      expect(await historyOf({ ...unproven, client: neighbour })).toEqual(['ip', 0, 0])
    })

    it('of refusals is not spoiled for who signs by strangers on the servers that he shares', async (memory) => {
      const shared = { factorWith: () => 0.3 }
      await refuse(memory, await recall(memory, start, shared), start)
      expect((await recall(memory, start)).history).toMatchObject({ kind: 'domain', refused: 0 })
      expect((await recall(memory, start, shared)).history).toMatchObject({ kind: 'domain', refused: 1 })
    })

    it('of refusals counts half after two weeks, of acceptance after sixty days', async (memory) => {
      const recalled = await recall(memory, start)
      await refuse(memory, recalled, start, 'REF', 'the same')
      await refuse(memory, recalled, daysLater(1), 'REF', 'the same')
      await accept(memory, recalled, start)
      expect((await recall(memory, daysLater(14))).history.refused).toBeCloseTo(0.5)
      expect((await recall(memory, daysLater(60))).history.accepted).toBeCloseTo(0.5)
    })

    it('remembers for 180 days how mail of a domain came', async (memory) => {
      const recalled = await recall(memory, start)
      await accept(memory, recalled, start, { seen: ['signed', 'spf'], provenAnswers: 0 })
      const seenOf = async (days: number, change: Partial<RecallQuestion> = {}) =>
        (await recall(memory, daysLater(days), change)).history.seen
      const colleague = { author: { address: 'dora@www.client.example', domain: 'www.client.example' } }
      expect(await seenOf(180, { ...colleague, ...unproven })).toEqual({
        ...{ signed: true, spf: true, origin: false },
      })
      expect(await seenOf(180.1)).toEqual({ signed: false, spf: false, origin: false })
    })
  })

  describe('learned origins', () => {
    const answered = { seen: [], provenAnswers: 1 }
    const host = (address: string, hostName?: string) => ({ client: { address, hostName } })
    const isLearned = async (memory: TrustMemory, days: number, change: Partial<RecallQuestion>) =>
      (await recall(memory, daysLater(days), change)).history.learnedOrigin

    it('are networks and verified hosts from which two proven answers of the domain came', async (memory) => {
      const first = host('192.0.2.7', 'mail1.hoster.example')
      await accept(memory, await recall(memory, start, first), start, answered)
      expect(await isLearned(memory, 1, first)).toBe(false)
      await accept(memory, await recall(memory, start, host('192.0.2.99')), daysLater(1), answered)
      expect(await isLearned(memory, 1, host('192.0.2.200'))).toBe(true)
      expect(await isLearned(memory, 1, host('192.0.3.7'))).toBe(false)
      expect(await isLearned(memory, 1, host('198.51.100.1', 'mail2.hoster.example'))).toBe(false)
      await accept(memory, await recall(memory, start, first), daysLater(2), answered)
      expect(await isLearned(memory, 2, host('198.51.100.1', 'MAIL2.hoster.example'))).toBe(true)
      const other = { author: { address: 'x@other.example', domain: 'other.example' } }
      expect(await isLearned(memory, 2, { ...first, ...other })).toBe(false)
      expect(await isLearned(memory, 182.1, first)).toBe(false)
    })

    it('are IPv6 networks of 48 bits', async (memory) => {
      for (const end of ['1:2::1', '9:2::1'])
        await accept(memory, await recall(memory, start, host(`2001:db8:${end}`)), start, answered)
      expect(await isLearned(memory, 0, host('2001:db8:1:ffff::9'))).toBe(false)
      await accept(memory, await recall(memory, start, host('2001:db8:1::5')), start, answered)
      expect(await isLearned(memory, 0, host('2001:db8:1:ffff::9'))).toBe(true)
    })

    it('need answers that are not too far apart', async (memory) => {
      await accept(memory, await recall(memory, start), start, answered)
      await accept(memory, await recall(memory, start), daysLater(181), answered)
      expect(await isLearned(memory, 181, {})).toBe(false)
    })
  })

  describe('healing', () => {
    const isHealing = async (memory: TrustMemory, days: number, change: Partial<RecallQuestion> = {}) =>
      (await recall(memory, daysLater(days), change)).history.healing

    it('opens for fourteen days with our own mail to whom was refused', async (memory) => {
      await refuse(memory, await recall(memory, start), start)
      expect(await isHealing(memory, 1)).toBe(false)
      await learn(memory, daysLater(1), { to: 'dora@client.example' })
      expect(await isHealing(memory, 1)).toBe(false)
      await learn(memory, daysLater(1), { teaches: false })
      expect(await isHealing(memory, 1)).toBe(false)
      await learn(memory, daysLater(1))
      expect(await isHealing(memory, 15)).toBe(true)
      expect(await isHealing(memory, 15.1)).toBe(false)
      expect(await isHealing(memory, 2, { author: { ...carl, address: 'dora@client.example' } })).toBe(false)
    })

    it('does not open by mail that comes too late', async (memory) => {
      await refuse(memory, await recall(memory, start), start)
      await learn(memory, daysLater(14.1))
      expect(await isHealing(memory, 14.1)).toBe(false)
    })

    it('is for the same identity where it is proven, for the same network where it is not', async (memory) => {
      await refuse(memory, await recall(memory, start, unproven), start)
      await learn(memory, daysLater(1))
      const neighbour = { client: { address: '192.0.2.250', hostName: undefined } }
      const forger = { client: { address: '203.0.113.9', hostName: undefined } }
      expect(await isHealing(memory, 2, { ...unproven, ...neighbour })).toBe(true)
      expect(await isHealing(memory, 2, { ...unproven, ...forger })).toBe(false)
      // The name of his domain was proven by somebody who was not refused under it.
      expect(await isHealing(memory, 2, forger)).toBe(false)
    })

    it('passes a proven identity from another network', async (memory) => {
      await refuse(memory, await recall(memory, start), start)
      await learn(memory, daysLater(1))
      const elsewhere = { client: { address: '203.0.113.9', hostName: undefined } }
      expect(await isHealing(memory, 2, elsewhere)).toBe(true)
      expect(await isHealing(memory, 2, { ...elsewhere, ...unproven })).toBe(false)
    })

    it('opens by the reference that the sender names on the telephone, as long as the refusal is kept', async (memory) => {
      await refuse(memory, await recall(memory, start), start, 'K7Q2-81ZX-4M3P')
      expect(await memory.heal('K7Q2-0000-0000', start, weights)).toBeUndefined()
      expect(await memory.heal('K7Q2-81ZX-4M3P', daysLater(30), weights)).toEqual(daysLater(44))
      expect(await isHealing(memory, 44)).toBe(true)
      expect(await memory.heal('K7Q2-81ZX-4M3P', daysLater(30.1), weights)).toBeUndefined()
    })
  })

  describe('what an administrator asks', () => {
    it('is everything about one address', async (memory) => {
      await learn(memory, start, { messageId: '<1@example.com>' })
      await memory.learnSent(sentMail(start, { from: 'bob@example.com' }), 'clear', weights, true)
      const recalled = await recall(memory, start)
      await accept(memory, recalled, start, { seen: ['spf'], provenAnswers: 0 })
      await refuse(memory, recalled, daysLater(1))
      const known = await memory.about('Carl@client.example', daysLater(1), weights)
      expect(known).toMatchObject({
        ...{ writers: 2, writerNames: ['bob@example.com'], tokens: 1 },
        history: { seen: { signed: false, spf: true, origin: false } },
        refusals: [{ reference: 'REF', at: daysLater(1), openUntil: undefined }],
      })
      expect(known.relation.address).toBeCloseTo(2, 1)
      expect(await memory.lastSentTo('carl@client.example')).toEqual(start)
      expect(await memory.lastSentTo('eve@client.example')).toBeUndefined()
    })

    it('is whom we write to, where names are kept, and the domains that we write to most', async (memory) => {
      for (const to of ['a@one.example', 'b@one.example', 'c@two.example', 'd@gmx.de'])
        await learn(memory, start, { to })
      await memory.learnSent(sentMail(daysLater(1), { to: 'e@three.example' }), 'clear', weights, true)
      expect(await memory.named(10)).toEqual([{ address: 'e@three.example', lastAt: daysLater(1) }])
      expect(await memory.domains(2, daysLater(1), weights)).toEqual(['one.example', 'three.example'])
      expect(await memory.domains(10, daysLater(400), weights)).toEqual([])
    })

    it('can be forgotten, of an address outside and of one of ours', async (memory) => {
      const remembered = async (address: string) => {
        const { relation, writers, tokens, refusals } = await memory.about(address, start, weights)
        return [relation.address, writers, tokens, refusals.length]
      }
      await learn(memory, start, { messageId: '<1@example.com>' })
      await learn(memory, start, { to: 'dora@client.example' })
      await refuse(memory, await recall(memory, start), start)
      expect(await memory.forget('CARL@client.example')).toBe(5)
      expect(await remembered('carl@client.example')).toEqual([0, 0, 0, 0])
      expect(await remembered('dora@client.example')).toEqual([1, 1, 0, 0])
      await memory.forget('ann@example.com')
      expect(await remembered('dora@client.example')).toEqual([1, 0, 0, 0])
    })
  })

  describe('forgetting', () => {
    it('deletes what counts for nothing any more, and nothing else', async (memory) => {
      await learn(memory, start, { messageId: '<1@example.com>' })
      await refuse(memory, await recall(memory, start), start)
      await learn(memory, daysLater(300), { to: 'dora@other.example' })
      const prune = (days: number, noContact = -1000) =>
        memory.prune(daysLater(days), weights, daysLater(noContact), start)
      expect(await prune(0)).toBe(0)
      // The hour and the day of counting, the day of suspicion, the token, the refusal and its mark.
      expect(await prune(100)).toBeGreaterThanOrEqual(5)
      expect((await relationOf(memory, daysLater(400))).pair).toBe(0.21)
      await prune(430)
      const known = await memory.about('carl@client.example', daysLater(430), weights)
      expect(known).toMatchObject({ relation: { address: 0 }, writers: 0, tokens: 0, refusals: [] })
      expect((await memory.about('dora@other.example', daysLater(430), weights)).writers).toBe(1)
      await prune(430, 301)
      expect((await memory.about('dora@other.example', daysLater(430), weights)).writers).toBe(0)
    })

    it('takes names away when their time is over, and keeps what counts', async (memory) => {
      await memory.learnSent(sentMail(start), '1', weights, true)
      await memory.prune(daysLater(1), weights, daysLater(-1000), start)
      expect(await memory.named(10)).toHaveLength(1)
      await memory.prune(daysLater(31), weights, daysLater(-1000), daysLater(1))
      expect(await memory.named(10)).toEqual([])
      expect(await memory.about(carl.address, start, weights)).toMatchObject({ writers: 1, writerNames: [] })
      expect(await memory.domains(10, start, weights)).toEqual(['client.example'])
    })
  })
}
