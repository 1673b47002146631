import { expect, it } from 'vitest'
import type { Notice } from '../../../src/delivery/send-notice.ts'
import { releaseParts } from '../../../src/gateway/release-parts.ts'
import { holdOriginals } from '../../../src/holding/hold-originals.ts'
import { releaseDue } from '../../../src/holding/release-due.ts'
import type { LogEvent } from '../../../src/log/events.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import { firstScanAt, holdingSite, hour } from '../../support/holding-parts.ts'

const content = bytesInMemory(Buffer.from('original'))

it('an original that Postfix refuses for good is never given up, and the postmaster hears of it every day', async () => {
  await using site = await holdingSite()
  const about = { sender: 'x@client.example', author: undefined, messageId: '', digest: 'd' }
  const [held] = await holdOriginals(
    { ...about, recipients: ['ann@kanzlei.example', 'bob@kanzlei.example'] },
    [{ path: [1], fileName: 'a.doc', office: 'doc', content }],
    { scan: firstScanAt(site.wall), hold: hour, now: site.wall },
    site.parts,
  )
  const sent: { notice: Notice; day: number }[] = []
  const logged: LogEvent[] = []
  const began = site.wall.getTime()
  let refused = true
  const world = releaseParts({
    settings: {
      freshSignatures: 'not-required',
      organization: { name: 'Kanzlei', telephone: '+49 30 1', domains: ['kanzlei.example'] },
    },
    storage: site.storage,
    observed: site.parts.observed,
    rules: () => builtInPolicies,
    scan: site.parts.scan,
    send: async (notice) => {
      if (refused && notice.to[0] === 'ann@kanzlei.example') throw new Error('552 5.3.4 Message too big')
      sent.push({ notice, day: Math.floor((site.wall.getTime() - began) / (24 * hour)) })
    },
    now: () => site.wall,
    log: (event) => logged.push(event),
  })
  await site.pass(hour)
  // From noon on, so four dates in three days.
  for (let hours = 0; hours < 72; hours += 1) {
    await releaseDue(world, new AbortController().signal)
    site.wall = new Date(site.wall.getTime() + hour)
  }
  const to = (recipient: string) => sent.filter(({ notice }) => notice.to.includes(recipient))
  // Whom Postfix does not refuse has it at once, and once.
  expect(to('bob@kanzlei.example')).toHaveLength(1)
  const told = to('postmaster@kanzlei.example').map(({ notice }) => notice)
  expect(new Set(told.map(({ messageIdLocal }) => messageIdLocal)).size).toBe(4)
  expect(told).toHaveLength(4)
  expect(told[0]?.text).toContain(held?.id)
  const postponed = logged.flatMap((event) => (event.event === 'release-postponed' ? [event.note] : []))
  expect(postponed.length).toBeGreaterThan(60)
  expect(postponed.every((note) => note.includes('could not be reached'))).toBe(true)
  expect((await site.storage.heldOriginals.find(held?.id ?? ''))?.state).toBe('held')

  refused = false
  await releaseDue(world, new AbortController().signal)
  expect(to('ann@kanzlei.example')).toHaveLength(1)
  expect(to('bob@kanzlei.example')).toHaveLength(1)
  expect((await site.storage.heldOriginals.find(held?.id ?? ''))?.state).toBe('released')
})
