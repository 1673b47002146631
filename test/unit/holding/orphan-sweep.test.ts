import { expect, test } from 'vitest'
import { createOrphanSweep } from '../../../src/holding/orphan-sweep.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'

test('a blob that no original needs goes with the second sweep, the others stay', async () => {
  await using storage = await openTestStorage()
  const { blobs, heldOriginals } = storage
  const put = () => blobs.put(bytesInMemory(Buffer.from('original')).stream())
  const [held, locked, released] = [await put(), await put(), await put()]
  const kept = await put()
  await put() // sealed, and the process died before it was recorded
  for (const [state, blob] of Object.entries({ held, locked, released, kept })) {
    const original = anyHeldOriginal({ id: state, blob })
    await heldOriginals.add(original)
    if (state === 'held') continue
    await heldOriginals.hasten(state, { at: original.heldAt, who: 'ann', reason: '' })
    const claim = await heldOriginals.claimDue('w', original.heldAt, 0, original.releaseAt)
    if (!claim) throw new Error('Nothing was due')
    await heldOriginals.settle(claim, {
      state: state === 'locked' ? 'locked' : 'released',
      note: '',
      at: original.heldAt,
      keptUntil: state === 'kept' ? original.releaseAt : undefined,
      keptObserved: undefined,
    })
  }
  const present = async () => {
    const ids: string[] = []
    for await (const id of blobs.ids()) ids.push(id)
    return ids.sort()
  }
  const sweep = createOrphanSweep(heldOriginals, blobs)
  expect(await sweep()).toBe(0)
  const beingHeld = await put()
  expect(await sweep()).toBe(2)
  expect(await present()).toEqual([held, locked, kept, beingHeld].sort())
  await heldOriginals.add(anyHeldOriginal({ id: 'young', blob: beingHeld }))
  expect(await sweep()).toBe(0)
  expect(await present()).toEqual([held, locked, kept, beingHeld].sort())
})
