import { describe, expect, it } from 'vitest'
import { holdOriginals } from '../../../src/holding/hold-originals.ts'
import { type ReleaseParts, releaseDue } from '../../../src/holding/release-due.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { firstScanAt, holdingSite, hour } from '../../support/holding-parts.ts'

type Site = Awaited<ReturnType<typeof holdingSite>>
const signal = new AbortController().signal

const attachedFile = {
  path: [1],
  fileName: 'a.doc',
  office: 'doc',
  content: bytesInMemory(Buffer.from('original')),
} as const

async function holdOne(site: Site, digest = 'd1'): Promise<string> {
  const message = {
    recipients: ['ann@example.com'],
    sender: '',
    author: undefined,
    messageId: '<1@x.example>',
    digest,
  }
  const terms = { scan: firstScanAt(site.wall), hold: hour, now: site.wall }
  const [held] = await holdOriginals(message, [attachedFile], terms, site.parts)
  return held?.id ?? ''
}
/** Time that passes when the observed time of a hold is over already. */
const later = (site: Site, milliseconds: number) => {
  site.wall = new Date(site.wall.getTime() + milliseconds)
}
const release = (site: Site, changed: Partial<ReleaseParts> = {}) =>
  releaseDue({ ...site.parts, ...changed }, signal)
const stateOf = async (site: Site, id: string) => {
  const held = await site.storage.heldOriginals.find(id)
  return { state: held?.state, note: held?.note }
}
const clean = { kind: 'clean', signatures: 'daily 27001' } as const
const broken = () => Promise.reject(new Error('down'))

describe('a held original', () => {
  it('is delivered after its time and a clean second scan, and its blob is gone then', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour - 1)
    expect(await release(site)).toBe(0)
    await site.pass(1)
    expect(await release(site)).toBe(1)
    expect(await release(site)).toBe(0)
    expect(site.delivered).toEqual([`${id} original`])
    expect(await stateOf(site, id)).toEqual({ state: 'released', note: '' })
    expect((await site.storage.heldOriginals.find(id))?.secondScan).toEqual({
      at: site.wall,
      signatures: 'daily 27001',
      signaturesBuiltAt: undefined,
      found: undefined,
    })
    expect(await site.storage.blobs.ids()[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
    expect(site.alarms).toEqual([])
  })

  for (const [what, jump] of [
    ['an hour', hour],
    ['a day', 24 * hour],
    ['ten years', 87_660 * hour],
  ] as const) {
    it(`is not released early by a clock that jumps forward by ${what}`, async () => {
      await using site = await holdingSite()
      await holdOne(site)
      site.wall = new Date(site.wall.getTime() + jump)
      await site.pass(hour - 60_000)
      expect(await release(site)).toBe(0)
      await site.pass(60_000)
      expect(await release(site)).toBe(1)
    })

    it(`is not released early by a clock that jumps back by ${what}`, async () => {
      await using site = await holdingSite()
      await holdOne(site)
      site.wall = new Date(site.wall.getTime() - jump)
      await site.pass(hour)
      expect(await release(site)).toBe(0)
      expect(site.delivered).toEqual([])
    })
  }

  it('is locked for good when the second scan finds something, and its recipients are told', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    site.scan = { kind: 'infected', name: 'Doc.Dropper.Agent', signatures: 'daily 27001' }
    await release(site)
    const note = 'found Doc.Dropper.Agent at the second scan'
    expect(await stateOf(site, id)).toEqual({ state: 'locked', note })
    expect(site.told).toEqual([`${id} locked`])
    expect(site.alarms).toEqual(['Original locked'])
    site.scan = { kind: 'clean', signatures: 'daily 27002' }
    await site.pass(3 * hour)
    expect(await release(site)).toBe(0)
    expect(site.delivered).toEqual([])
  })

  it('that was found infected stays so even if telling failed and a later scan finds nothing', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    site.scan = { kind: 'infected', name: 'Doc.Dropper.Agent', signatures: 'daily 27001' }
    await release(site, { tellLocked: broken })
    expect(await stateOf(site, id)).toMatchObject({ state: 'held' })
    expect(site.alarms).toEqual(['Not all were told of a locked original'])
    site.scan = { kind: 'clean', signatures: 'daily 27002' }
    await site.pass(hour)
    await release(site)
    expect(site.delivered).toEqual([])
    expect(site.told).toEqual([`${id} locked`])
    const note = 'found Doc.Dropper.Agent at the second scan'
    expect(await stateOf(site, id)).toEqual({ state: 'locked', note })
  })

  it('waits longer and longer, with an alarm each time, while the scanner gives no result', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    site.scan = { kind: 'unknown', reason: 'connection refused' }
    const waits: number[] = []
    for (let n = 0; n < 9; n++) {
      expect(await release(site)).toBe(1)
      const due = (await site.storage.heldOriginals.find(id))?.releaseAt.getTime() ?? 0
      waits.push((due - site.wall.getTime()) / 60_000)
      await site.pass(due - site.wall.getTime())
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect(site.alarms).toHaveLength(9)
    expect(site.delivered).toEqual([])
    site.scan = { kind: 'clean', signatures: 'daily 27002' }
    await release(site)
    expect(site.delivered).toHaveLength(1)
  })

  for (const [what, changed] of [
    ['it cannot be delivered', { deliver: broken }],
    ['the scanner breaks', { scan: broken }],
  ] as const) {
    it(`waits, with an alarm, while ${what}, and the next one is not held up`, async () => {
      await using site = await holdingSite()
      const [one, other] = [await holdOne(site, 'd1'), await holdOne(site, 'd2')]
      await site.pass(hour)
      expect(await release(site, changed)).toBe(2)
      expect(site.alarms).toEqual(['Release failed', 'Release failed'])
      await site.pass(60_000)
      expect(await release(site)).toBe(2)
      expect(site.delivered.sort()).toEqual([`${one} original`, `${other} original`].sort())
    })
  }

  it('whose blob was damaged is not delivered but alarmed', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.storage.blobs.remove((await site.storage.heldOriginals.find(id))?.blob ?? '')
    await site.pass(hour)
    await release(site)
    expect(site.alarms).toEqual(['Release failed'])
    expect((await stateOf(site, id)).state).toBe('held')
  })

  it('that was delivered is not delivered again when the storage failed right behind', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    await expect(
      release(site, { held: { ...site.parts.held, settle: broken, postpone: broken } }),
    ).rejects.toThrow('down')
    expect((await stateOf(site, id)).state).toBe('held')
    await site.pass(hour)
    await release(site, { worker: 'node-2' })
    expect((await stateOf(site, id)).state).toBe('released')
    expect(site.delivered).toHaveLength(1)
  })

  it('is left to the worker that took it over while the second scan hung', async () => {
    await using site = await holdingSite()
    await holdOne(site)
    await site.pass(hour)
    const scan: ReleaseParts['scan'] = async () => {
      await site.pass(hour)
      await release(site, { worker: 'node-2' })
      return { kind: 'clean', signatures: 'daily 27001' }
    }
    await release(site, { scan })
    expect(site.delivered).toHaveLength(1)
  })

  it('is given back unchanged when the gateway stops during the scan', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    const stopping = new AbortController()
    const scan: ReleaseParts['scan'] = async () => {
      stopping.abort()
      return { kind: 'unknown', reason: 'aborted' }
    }
    await releaseDue({ ...site.parts, scan }, stopping.signal)
    expect(site.alarms).toEqual([])
    expect((await stateOf(site, id)).state).toBe('held')
    await release(site, { worker: 'node-2' })
    expect(site.delivered).toHaveLength(1)
  })

  it('is scanned again also when somebody released it early', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(60_000)
    await site.storage.heldOriginals.hasten(id, { at: site.wall, who: 'ann', reason: 'urgent' })
    site.scan = { kind: 'infected', name: 'Doc.Dropper.Agent', signatures: 'daily 27001' }
    await release(site)
    expect((await stateOf(site, id)).state).toBe('locked')
    expect(site.delivered).toEqual([])
  })

  it('waits without alarm for signatures newer than its arrival, and is released with the first of them', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    site.freshSignatures = 'required'
    const arrival = site.wall
    site.scan = { ...clean, signaturesBuiltAt: new Date(arrival.getTime() - 1) }
    await site.pass(hour)
    for (let hours = 0; hours < 20; hours++) {
      await release(site)
      later(site, hour)
    }
    expect(await stateOf(site, id)).toEqual({
      state: 'held',
      note: 'No signatures newer than its arrival yet',
    })
    expect([...site.alarms, ...site.stuck, ...site.delivered]).toEqual([])
    site.scan = { ...clean, signaturesBuiltAt: new Date(arrival.getTime() + 1) }
    await release(site)
    expect(site.delivered).toEqual([`${id} original`])
  })

  it('stays locked away, with alarms, when no newer signatures come for a day and a half', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    site.freshSignatures = 'required'
    site.scan = { ...clean, signaturesBuiltAt: new Date(site.wall.getTime() - hour) }
    await site.pass(hour)
    later(site, 35 * hour + 1)
    await release(site)
    expect(site.alarms).toEqual(['No signatures newer than its arrival yet'])
    expect(site.stuck).toEqual([`${id} No signatures newer than its arrival yet`])
    expect(site.delivered).toEqual([])
  })

  it('is not released by signatures of unknown age where newer ones are required', async () => {
    await using site = await holdingSite()
    await holdOne(site)
    site.freshSignatures = 'required'
    await site.pass(hour)
    await release(site)
    expect(site.delivered).toEqual([])
  })

  for (const [what, jump] of [
    ['an hour', hour],
    ['ten years', 87_660 * hour],
  ] as const) {
    for (const direction of [1, -1]) {
      it(`that came while the clock was wrong by ${direction > 0 ? '+' : '-'}${what} needs its time and newer signatures all the same`, async () => {
        await using site = await holdingSite()
        const right = site.wall.getTime()
        site.freshSignatures = 'required'
        // Held on the wrong time, with the signatures of that morning; then somebody sets the clock.
        site.wall = new Date(right + direction * jump)
        const firstScan = { ...firstScanAt(site.wall), signaturesBuiltAt: new Date(right - 4 * hour) }
        const terms = { scan: firstScan, hold: hour, now: site.wall }
        const message = {
          recipients: ['ann@example.com'],
          sender: '',
          author: undefined,
          messageId: '',
          digest: 'd',
        }
        await holdOriginals(message, [attachedFile], terms, site.parts)
        site.wall = new Date(right)
        site.scan = { ...clean, signaturesBuiltAt: new Date(right - 4 * hour) }
        await site.pass(hour - 60_000)
        expect(await release(site)).toBe(0)
        await site.pass(60_000)
        later(site, 20 * hour)
        await release(site)
        expect(site.delivered).toEqual([])
        if (jump === hour || direction < 0) {
          site.scan = { ...clean, signaturesBuiltAt: new Date(right + 2 * hour) }
          later(site, hour)
          await release(site)
          expect(site.delivered).toHaveLength(1)
        }
      })
    }
  }

  it('that was released early needs a clean scan, but no signatures newer than its arrival', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    site.freshSignatures = 'required'
    site.scan = { ...clean, signaturesBuiltAt: new Date(site.wall.getTime() - hour) }
    await site.storage.heldOriginals.hasten(id, { at: site.wall, who: 'ann', reason: 'urgent' })
    await release(site)
    expect(await stateOf(site, id)).toEqual({ state: 'released', note: 'released early' })
    expect(site.delivered).toHaveLength(1)
  })

  it('that nobody could release for half an hour is told to the administrator', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    site.scan = { kind: 'unknown', reason: 'Heuristics.Limits.Exceeded' }
    for (let minutes = 0; minutes < 40; minutes++) {
      await release(site)
      later(site, 60_000)
    }
    expect(site.stuck).toEqual([`${id} Second scan without a result: Heuristics.Limits.Exceeded`])
    const postponed = await release(site, { tellStuck: broken })
    expect(postponed).toBe(0)
  })

  it('is neither locked nor released on a suspicion of the scanner, but alarmed', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    await site.pass(hour)
    site.scan = { kind: 'infected', name: 'Heuristics.Encrypted.Doc', signatures: 'daily 27001' }
    await release(site)
    expect(await stateOf(site, id)).toEqual({
      state: 'held',
      note: 'Second scan in doubt: Heuristics.Encrypted.Doc',
    })
    expect(site.alarms).toEqual(['Second scan in doubt: Heuristics.Encrypted.Doc'])
    expect([...site.told, ...site.delivered]).toEqual([])
  })

  it('that is kept after its release can still be opened', async () => {
    await using site = await holdingSite()
    const id = await holdOne(site)
    site.kept = 24 * hour
    await site.pass(hour)
    await release(site)
    const held = await site.storage.heldOriginals.find(id)
    expect(held?.keptUntil).toEqual(new Date(site.wall.getTime() + 24 * hour))
    await using blob = await site.storage.blobs.open(held?.blob ?? '')
    expect(blob.size).toBe(8)
  })
})
