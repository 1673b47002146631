import { describe, expect, it, onTestFinished } from 'vitest'
import { ControlRefusal } from '../../../../src/gateway/calls/control-server.ts'
import { holdCalls } from '../../../../src/gateway/calls/hold-calls.ts'
import { holdHandlers } from '../../../../src/gateway/calls/hold-handlers.ts'
import { staffHandlers } from '../../../../src/gateway/calls/staff-handlers.ts'
import { holdOriginals } from '../../../../src/holding/hold-originals.ts'
import { releaseDue } from '../../../../src/holding/release-due.ts'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import type { InboundPolicy } from '../../../../src/policy/policy.ts'
import { firstScanAt, holdingSite, hour } from '../../../support/holding-parts.ts'

const signal = new AbortController().signal
const by = 'ann'
const reason = 'the client waits'
const large = Buffer.alloc(7_000_000, 'original ')

/** A house that holds one original of 7 MB for `recipients`, for an hour. */
async function house(
  earlyRelease: (recipient: string) => InboundPolicy['earlyRelease'] = () => 'administrator',
  recipients = ['ann@example.com', 'bob@example.com'],
) {
  const site = await holdingSite()
  onTestFinished(() => site[Symbol.asyncDispose]())
  const message = { recipients, sender: 'x@client.example', author: undefined, messageId: '', digest: 'd' }
  const attached = { path: [1], fileName: 'a.doc', office: 'doc', content: bytesInMemory(large) } as const
  const terms = { scan: firstScanAt(site.wall), hold: hour, now: site.wall }
  const [held] = await holdOriginals(message, [attached], terms, site.parts)
  const id = held?.id ?? ''
  const now = () => site.wall
  const policyOf = (recipient: string) => ({ earlyRelease: earlyRelease(recipient) })
  const { storage } = site
  const logged: object[] = []
  return {
    site,
    id,
    logged,
    handlers: holdHandlers({
      storage,
      observed: site.parts.observed,
      policyOf,
      log: (event) => logged.push(event),
      now,
    }),
    staff: staffHandlers({ storage, now }),
    release: () => releaseDue(site.parts, signal),
    acts: async () => (await storage.audit.of(id)).map(({ what, who }) => `${what} ${who}`),
  }
}

describe('an administrator', () => {
  it('releases early, which is on record and skips no scan', async () => {
    const { site, id, handlers, release, acts } = await house()
    expect(await handlers['hold-release']({ id, by, reason })).toEqual({ outcome: 'hastened' })
    site.scan = { kind: 'infected', name: 'Doc.Agent', signatures: 'daily 27001' }
    await release()
    expect(site.delivered).toEqual([])
    expect(await acts()).toEqual(['held gateway', 'early-release ann', 'locked gateway'])
    await expect(handlers['hold-release']({ id, by, reason })).rejects.toThrow(/it is locked/)
  })

  it('needs a second person where the policy of one recipient wants four eyes', async () => {
    const fourEyes = (recipient: string) => (recipient.startsWith('bob') ? 'four-eyes' : 'administrator')
    const { site, id, handlers, release, acts } = await house(fourEyes)
    expect(await handlers['hold-release']({ id, by, reason })).toEqual({ outcome: 'asked' })
    expect(await release()).toBe(0)
    for (const same of ['ann', 'ANN', ' ann ', 'ａｎｎ'])
      await expect(handlers['hold-release']({ id, by: same, reason })).rejects.toThrow(/second person/)
    expect(await handlers['hold-release']({ id, by: 'bob', reason })).toEqual({ outcome: 'hastened' })
    await expect(handlers['hold-release']({ id, by: 'carl', reason })).rejects.toThrow(/early already/)
    await release()
    expect(site.delivered).toHaveLength(1)
    expect(await acts()).toEqual([
      'held gateway',
      'early-release-asked ann',
      'early-release bob',
      'released gateway',
    ])
  })

  it('holds an original longer, by both clocks', async () => {
    const { site, id, handlers, release } = await house()
    const until = new Date(site.wall.getTime() + 2 * hour).toISOString()
    expect(await handlers['hold-extend']({ id, until, by, reason })).toEqual({ until: new Date(until) })
    await site.pass(2 * hour - 60_000)
    site.wall = new Date(site.wall.getTime() + 10 * hour)
    expect(await release()).toBe(0)
    await site.pass(60_000)
    expect(await release()).toBe(1)
  })

  it('can neither shorten a hold by extending it, nor hide an original for ever', async () => {
    const { site, id, handlers } = await house()
    for (const hours of [-1, 0, 0.5, 24 * 400]) {
      const until = new Date(site.wall.getTime() + hours * hour).toISOString()
      await expect(handlers['hold-extend']({ id, until, by, reason })).rejects.toBeInstanceOf(ControlRefusal)
    }
  })

  it('deletes what was released or locked, with its content, and never what is held', async () => {
    const { site, id, handlers, release, acts } = await house()
    await expect(handlers['hold-delete']({ id, by, reason })).rejects.toThrow(/never deleted unseen/)
    site.scan = { kind: 'infected', name: 'Doc.Agent', signatures: 'daily 27001' }
    await site.pass(hour)
    await release()
    expect(await handlers['hold-delete']({ id, by, reason })).toEqual({ deleted: true })
    expect(await site.storage.blobs.ids()[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
    expect(await acts()).toEqual(['held gateway', 'locked gateway', 'deleted ann'])
    const shown = await handlers['hold-show']({ id })
    expect(shown.original.state).toBe('deleted')
    expect(shown.log.at(-1)).toMatchObject({ who: 'ann', reason })
  })

  it('fetches a released original whole, which is on record once, and no other', async () => {
    const { site, id, handlers, release, acts } = await house()
    await expect(handlers['hold-fetch']({ id, by, offset: 0 })).rejects.toThrow(/not a released original/)
    site.kept = 5 * hour
    await site.pass(hour)
    await release()
    const pieces: Buffer[] = []
    for (let next: number | null = 0; next !== null; ) {
      const piece = await handlers['hold-fetch']({ id, by, offset: next })
      pieces.push(Buffer.from(piece.bytes, 'base64'))
      next = piece.next
    }
    expect(pieces).toHaveLength(3)
    expect(Buffer.concat(pieces).equals(large)).toBe(true)
    await expect(handlers['hold-fetch']({ id, by, offset: large.length })).rejects.toThrow(/7000000 bytes/)
    expect(await acts()).toEqual(['held gateway', 'released gateway', 'fetched ann'])
    site.wall = new Date(site.wall.getTime() + 5 * hour)
    await expect(handlers['hold-fetch']({ id, by, offset: 0 })).rejects.toThrow(/not a released original/)
  })

  it('is told that the record of who did what is whole', async () => {
    const { id, handlers } = await house()
    await handlers['hold-release']({ id, by, reason })
    const { entries, verdict } = await handlers['hold-log']({ limit: 1 })
    expect(entries.map(({ what }) => what)).toEqual(['early-release'])
    expect(verdict).toEqual({ entries: 2, brokenAt: undefined })
  })

  it('lists what is held, and what is in one state only', async () => {
    const { id, handlers } = await house()
    const all = await handlers['hold-list']({})
    expect(all).toMatchObject({ originals: [{ id, state: 'held' }], total: 1 })
    expect(await handlers['hold-list']({ state: 'held' })).toEqual(all)
    expect(await handlers['hold-list']({ state: 'released' })).toEqual({ originals: [], total: 0 })
  })

  it('hears of an original that is not there', async () => {
    const { handlers } = await house()
    const id = '0'.repeat(26)
    await expect(handlers['hold-show']({ id })).rejects.toBeInstanceOf(ControlRefusal)
    await expect(handlers['hold-release']({ id, by, reason })).rejects.toBeInstanceOf(ControlRefusal)
    await expect(handlers['hold-delete']({ id, by, reason })).rejects.toBeInstanceOf(ControlRefusal)
  })

  for (const name of ['', ' ', 'gateway', 'Gateway', 'a\nb', 'a\u202Eb', 'x'.repeat(101)]) {
    it(`cannot act as ${JSON.stringify(name.slice(0, 20))}`, () => {
      const input = { id: '0'.repeat(26), by: name, reason }
      expect(holdCalls['hold-release'].safeParse(input).success).toBe(false)
    })
  }
})

describe('a recipient', () => {
  it('sees his originals and nobody else who got them', async () => {
    const { id, staff } = await house()
    const [shown, ...more] = await staff['originals-list']({ recipient: 'ANN@example.com' })
    expect(more).toEqual([])
    expect(shown).toMatchObject({ id, state: 'held', fileName: 'a.doc', fetchableUntil: null })
    expect(JSON.stringify(shown)).not.toContain('bob')
    expect(await staff['originals-list']({ recipient: 'carl@example.com' })).toEqual([])
  })

  it('fetches his released original, and of others not even learns that they are there', async () => {
    const { site, id, staff, release, acts } = await house()
    const fetch = (recipient: string) => staff['original-fetch']({ recipient, id, offset: 0 })
    await expect(fetch('ann@example.com')).rejects.toThrow(/not a released original/)
    site.kept = hour
    await site.pass(hour)
    await release()
    expect((await fetch('ann@example.com')).size).toBe(large.length)
    await expect(fetch('carl@example.com')).rejects.toThrow(`There is no original ${id}.`)
    expect((await staff['originals-list']({ recipient: 'ann@example.com' }))[0]?.fetchableUntil).toEqual(
      new Date(site.wall.getTime() + hour),
    )
    expect(await acts()).toEqual(['held gateway', 'released gateway', 'fetched ann@example.com'])
  })
})
