import { expect, test } from 'vitest'
import type { HeldClaim } from '../../../src/storage/held-originals.ts'
import { anyHeldOriginal } from '../held-original.ts'
import type { OpenStorage } from './storage-contract.ts'

const due = anyHeldOriginal().releaseAt
const observed = anyHeldOriginal().releaseObserved
const minutesAfter = (minutes: number) => new Date(due.getTime() + minutes * 60_000)

const act = (at: Date, who = 'ann', reason = 'is needed') => ({ at, who, reason })
const released = (at: Date, keptUntil?: Date) =>
  ({ state: 'released', note: '', at, keptUntil, keptObserved: keptUntil && observed + 3_600_000 }) as const
const secondScan = {
  at: due,
  signatures: 'daily 27001',
  signaturesBuiltAt: minutesAfter(-60),
  found: undefined,
}

export function heldOriginalsContract(database: string, open: OpenStorage): void {
  const claimOf = (claim: HeldClaim | undefined): HeldClaim => {
    if (!claim) throw new Error('Nothing was due')
    return claim
  }

  test(`${database} gives a held original back as it was, hostile file name included`, async () => {
    await using storage = await open()
    const original = anyHeldOriginal({ fileName: '../../etc/x\0.docx \u202Ecod.', author: undefined })
    expect(await storage.heldOriginals.add(original)).toBe(true)
    expect(await storage.heldOriginals.find(original.id)).toEqual(original)
    expect(await storage.heldOriginals.list()).toEqual([original])
    expect(await storage.heldOriginals.find('another')).toBeUndefined()
  })

  test(`${database} holds an original once when its mail comes again`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal())
    expect(await heldOriginals.add(anyHeldOriginal({ releaseAt: minutesAfter(60), blob: 'another' }))).toBe(
      false,
    )
    expect(await heldOriginals.list()).toEqual([anyHeldOriginal()])
  })

  for (const [what, now, observedNow] of [
    ['before its time by the wall clock', minutesAfter(-1), observed + 1e9],
    [
      'before its time has been observed, whatever the wall clock says',
      minutesAfter(5_000_000),
      observed - 1,
    ],
  ] as const) {
    test(`${database} does not give an original out ${what}`, async () => {
      await using storage = await open()
      await storage.heldOriginals.add(anyHeldOriginal())
      expect(
        await storage.heldOriginals.claimDue('worker-1', now, observedNow, minutesAfter(99)),
      ).toBeUndefined()
    })
  }

  test(`${database} gives the oldest first, and each held original to one worker only`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal({ id: 'b', releaseAt: minutesAfter(-1) }))
    await heldOriginals.add(anyHeldOriginal({ id: 'a' }))
    const claim = (worker: string) => heldOriginals.claimDue(worker, due, observed, minutesAfter(10))
    expect((await claim('worker-1'))?.original.id).toBe('b')
    expect((await claim('worker-2'))?.original.id).toBe('a')
    expect(await claim('worker-3')).toBeUndefined()
  })

  test(`${database} shares 30 originals among simultaneous workers, each once`, async () => {
    await using storage = await open()
    const ids = Array.from({ length: 30 }, (_, n) => `original-${n}`).sort()
    for (const id of ids) await storage.heldOriginals.add(anyHeldOriginal({ id }))
    const work = async (worker: string) => {
      const claimed: string[] = []
      for (;;) {
        const claim = await storage.heldOriginals.claimDue(worker, due, observed, minutesAfter(10))
        if (!claim) return claimed
        claimed.push(claim.original.id)
      }
    }
    const claimed = await Promise.all(['1', '2', '3', '4', '5'].map(work))
    expect(claimed.flat().sort()).toEqual(ids)
  })

  test(`${database} takes an original over when a lease ends, and its zombie settles nothing`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal())
    const zombie = claimOf(await heldOriginals.claimDue('worker', due, observed, minutesAfter(10)))
    expect(
      await heldOriginals.claimDue('worker', minutesAfter(9), observed, minutesAfter(19)),
    ).toBeUndefined()
    // The same name: a process that was started anew, while the old one still hangs somewhere.
    const heir = claimOf(await heldOriginals.claimDue('worker', minutesAfter(10), observed, minutesAfter(20)))
    expect(await heldOriginals.scanned(zombie, secondScan, minutesAfter(30))).toBe(false)
    expect(await heldOriginals.postpone(zombie, minutesAfter(30), 'zombie')).toBe(false)
    expect(await heldOriginals.settle(zombie, released(minutesAfter(11)))).toBe(false)
    expect(await heldOriginals.find(heir.original.id)).toMatchObject({ state: 'held', note: '' })
    const locked = { ...released(minutesAfter(11)), state: 'locked', note: 'infected\0' } as const
    expect(await heldOriginals.settle(heir, locked)).toBe(true)
    expect(await heldOriginals.settle(heir, released(minutesAfter(12)))).toBe(false)
    expect(await heldOriginals.find(heir.original.id)).toMatchObject({ state: 'locked', note: 'infected' })
    expect(
      await heldOriginals.claimDue('worker', minutesAfter(99), observed, minutesAfter(99)),
    ).toBeUndefined()
  })

  test(`${database} takes over from a worker whose clock ran a year ahead`, async () => {
    await using storage = await open()
    await storage.heldOriginals.add(anyHeldOriginal())
    await storage.heldOriginals.claimDue('ahead', due, observed, minutesAfter(525_600))
    const claim = await storage.heldOriginals.claimDue('right', due, observed, minutesAfter(10))
    expect(claim?.worker).toBe('right')
  })

  test(`${database} prolongs a claim and keeps the second scan`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal())
    const claim = claimOf(await heldOriginals.claimDue('worker-1', due, observed, minutesAfter(10)))
    expect(await heldOriginals.scanned(claim, secondScan, minutesAfter(20))).toBe(true)
    expect(await heldOriginals.find(claim.original.id)).toEqual(anyHeldOriginal({ secondScan }))
    expect(
      await heldOriginals.claimDue('worker-2', minutesAfter(15), observed, minutesAfter(25)),
    ).toBeUndefined()
  })

  test(`${database} makes a postponed original due again later`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal())
    const claim = claimOf(await heldOriginals.claimDue('worker-1', due, observed, minutesAfter(10)))
    expect(await heldOriginals.postpone(claim, minutesAfter(30), 'scanner down')).toBe(true)
    expect((await heldOriginals.nextDue())?.releaseAt).toEqual(minutesAfter(30))
    expect(
      await heldOriginals.claimDue('worker-1', minutesAfter(29), observed, minutesAfter(40)),
    ).toBeUndefined()
    const again = claimOf(
      await heldOriginals.claimDue('worker-2', minutesAfter(30), observed, minutesAfter(40)),
    )
    expect(again).toMatchObject({ epoch: 2, original: { note: 'scanner down' } })
  })

  test(`${database} makes a hastened original due at once, if it is still held`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal())
    const early = minutesAfter(-600)
    expect(await heldOriginals.hasten(anyHeldOriginal().id, act(early))).toBe(true)
    const claim = claimOf(await heldOriginals.claimDue('worker', early, 0, minutesAfter(-590)))
    expect(claim.original.earlyRelease).toEqual({ ...act(early), granted: true })
    await heldOriginals.settle(claim, released(early))
    expect(await heldOriginals.hasten(anyHeldOriginal().id, act(early))).toBe(false)
    expect(await heldOriginals.hasten('another', act(early))).toBe(false)
    expect(await heldOriginals.nextDue()).toBeUndefined()
  })

  test(`${database} hastens for two persons only what the first asked for`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    const { id } = anyHeldOriginal()
    await heldOriginals.add(anyHeldOriginal())
    expect(await heldOriginals.askEarlyRelease(id, act(due))).toBe(true)
    expect(await heldOriginals.askEarlyRelease(id, act(due, 'bob'))).toBe(false)
    const asked = (await heldOriginals.find(id))?.earlyRelease
    expect(asked).toEqual({ ...act(due), granted: false })
    if (!asked) return
    expect(await heldOriginals.hasten(id, act(due, 'bob'), { ...asked, who: 'eve' })).toBe(false)
    expect(await heldOriginals.hasten(id, act(due, 'bob'), asked)).toBe(true)
    expect((await storage.audit.of(id)).map(({ what, who }) => `${what} ${who}`)).toEqual([
      'held gateway',
      'early-release-asked ann',
      'early-release bob',
    ])
  })

  test(`${database} holds longer when asked to, never shorter, and by both clocks`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    const { id } = anyHeldOriginal()
    await heldOriginals.add(anyHeldOriginal())
    await heldOriginals.hasten(id, act(minutesAfter(-60)))
    expect(await heldOriginals.extend(id, minutesAfter(-90), 0, act(due))).toBe(false)
    expect(await heldOriginals.extend(id, minutesAfter(60), observed + 3_600_000, act(due))).toBe(true)
    expect(await heldOriginals.find(id)).toMatchObject({
      releaseAt: minutesAfter(60),
      releaseObserved: observed + 3_600_000,
      earlyRelease: undefined,
    })
    expect(await heldOriginals.claimDue('w', minutesAfter(60), observed, minutesAfter(99))).toBeUndefined()
    claimOf(await heldOriginals.claimDue('w', minutesAfter(60), observed + 3_600_000, minutesAfter(99)))
    expect(await heldOriginals.extend(id, minutesAfter(900), 0, act(minutesAfter(61)))).toBe(false)
  })

  test(`${database} deletes what was released or locked, never what is held`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    const { id } = anyHeldOriginal()
    await heldOriginals.add(anyHeldOriginal())
    expect(await heldOriginals.delete(id, act(due))).toBe(false)
    expect((await heldOriginals.find(id))?.state).toBe('held')
    const claim = claimOf(await heldOriginals.claimDue('w', due, observed, minutesAfter(1)))
    await heldOriginals.settle(claim, { ...released(due), state: 'locked' })
    expect(await heldOriginals.delete(id, act(minutesAfter(5)))).toBe(true)
    expect(await heldOriginals.delete(id, act(minutesAfter(6)))).toBe(false)
    expect(await heldOriginals.find(id)).toMatchObject({ state: 'deleted', settledAt: minutesAfter(5) })
    expect(await heldOriginals.add(anyHeldOriginal())).toBe(false)
    expect((await storage.audit.of(id)).map(({ what }) => what)).toEqual(['held', 'locked', 'deleted'])
  })

  test(`${database} keeps a released original until its time, and forgets none that is kept`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    await heldOriginals.add(anyHeldOriginal())
    const claim = claimOf(await heldOriginals.claimDue('w', due, observed, minutesAfter(1)))
    await heldOriginals.settle(claim, released(due, minutesAfter(60)))
    expect(await heldOriginals.expire(minutesAfter(59), observed + 1e9)).toEqual([])
    // A clock that jumped ten years ahead.
    expect(await heldOriginals.expire(minutesAfter(5_259_600), observed + 3_599_999)).toEqual([])
    expect(await heldOriginals.forget(minutesAfter(99))).toBe(0)
    expect(await heldOriginals.expire(minutesAfter(60), observed + 3_600_000)).toEqual([
      anyHeldOriginal().blob,
    ])
    expect(await heldOriginals.expire(minutesAfter(60), observed + 3_600_000)).toEqual([])
    expect((await storage.audit.of(anyHeldOriginal().id)).map(({ what }) => what)).toEqual([
      'held',
      'released',
      'expired',
    ])
    expect(await heldOriginals.forget(minutesAfter(99))).toBe(1)
  })

  test(`${database} forgets released originals, and neither held nor locked ones`, async () => {
    await using storage = await open()
    const { heldOriginals } = storage
    for (const [id, state] of [
      ['a', 'released'],
      ['b', 'locked'],
      ['c', 'held'],
    ] as const) {
      await heldOriginals.add(anyHeldOriginal({ id }))
      if (state === 'held') continue
      await heldOriginals.settle(claimOf(await heldOriginals.claimDue('w', due, observed, minutesAfter(1))), {
        ...released(due),
        state,
      })
    }
    expect(await heldOriginals.forget(due)).toBe(0)
    expect(await heldOriginals.forget(minutesAfter(1))).toBe(1)
    expect((await heldOriginals.list()).map(({ id }) => id)).toEqual(['b', 'c'])
  })
}
