import { expect, test } from 'vitest'
import { holdOriginals } from '../../../src/holding/hold-originals.ts'
import { openObservedClock } from '../../../src/holding/observed-clock.ts'
import { startReleaseLoop } from '../../../src/holding/release-loop.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { firstScanAt, holdingSite } from '../../support/holding-parts.ts'

const message = {
  recipients: ['ann@example.com'],
  sender: '',
  author: undefined,
  messageId: '<1@x.example>',
  digest: 'd',
}
const attached = {
  path: [1],
  fileName: 'a.doc',
  office: 'doc',
  content: bytesInMemory(Buffer.from('original')),
} as const

test('a short hold ends by itself, without waiting for the next poll', async () => {
  await using site = await holdingSite()
  const observed = await openObservedClock(site.storage.observedTime)
  const parts = { ...site.parts, observed, now: () => new Date() }
  const terms = { scan: firstScanAt(new Date()), hold: 300, now: new Date() }
  await holdOriginals(message, [attached], terms, parts)
  await using _loop = startReleaseLoop(parts, 10_000)
  await expect.poll(() => site.delivered.length, { timeout: 30_000 }).toBe(1)
})

test('while the storage is down the loop alarms and goes on, and stopping it waits for what is under way', async () => {
  await using site = await holdingSite()
  let down = true
  const held = { ...site.parts.held }
  const claimDue: typeof held.claimDue = (...asked) =>
    down ? Promise.reject(new Error('down')) : site.parts.held.claimDue(...asked)
  let aborted = false
  const deliver = (_original: unknown, _bytes: unknown, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      site.delivered.push('begun')
      signal.addEventListener('abort', () => {
        aborted = true
        reject(signal.reason)
      })
    })
  const terms = { scan: firstScanAt(site.wall), hold: 0, now: site.wall }
  const [original] = await holdOriginals(message, [attached], terms, site.parts)
  const loop = startReleaseLoop({ ...site.parts, held: { ...held, claimDue }, deliver }, 20)
  await expect.poll(() => site.alarms.length, { timeout: 30_000 }).toBeGreaterThan(1)
  expect(site.alarms[0]).toBe('Holds not looked at')
  down = false
  await expect.poll(() => site.delivered, { timeout: 30_000 }).toEqual(['begun'])
  await loop.stop()
  expect(aborted).toBe(true)
  const claim = await site.storage.heldOriginals.claimDue(
    'next',
    site.wall,
    0,
    new Date(site.wall.getTime() + 1000),
  )
  expect(claim?.original.id).toBe(original?.id)
})
