import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deliverReleased, keptUntil, type ReleaseHouse } from '../../../src/delivery/deliver-released.ts'
import { fileReleased } from '../../../src/delivery/file-released.ts'
import type { Notice } from '../../../src/delivery/send-notice.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

type Policy = ReturnType<ReleaseHouse['policyOf']>
const noon = new Date('2026-03-02T12:00:00Z')
const day = 86_400_000
const content = bytesInMemory(Buffer.from('original'))
const original = anyHeldOriginal({ recipients: ['ann@example.com', 'bob@example.com', 'carl@example.com'] })

async function house(policies: Record<string, Partial<Policy>>) {
  const storage = await openTestStorage()
  const sent: Notice[] = []
  const site = {
    sent,
    /** Recipients for whom Postfix has no room. */
    refused: new Set<string>(),
    effects: storage.effects,
    file: fileReleased,
    now: () => noon,
    send: async (notice: Notice) => {
      if (site.refused.has(notice.to[0] ?? '')) throw new Error('452 4.3.1')
      sent.push(notice)
    },
    policyOf: (recipient: string): Policy => ({ release: ['mail'], keepReleased: 0, ...policies[recipient] }),
    ways: () => sent.map(({ to, attachment }) => `${attachment ? 'mail' : 'notice'} ${to.join(',')}`).sort(),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
  return site
}

describe('a released original', () => {
  it('comes to each recipient in the ways of his own policy', async () => {
    using folder = temporaryFolder()
    await using site = await house({
      'bob@example.com': { release: ['notice'] },
      'carl@example.com': { release: ['folder', 'mail'], releaseFolder: folder.path },
    })
    await deliverReleased(original, content, site)
    expect(site.ways()).toEqual(['mail ann@example.com', 'mail carl@example.com', 'notice bob@example.com'])
    expect(await readdir(join(folder.path, '2026-03-01/carl@client.example'))).toHaveLength(1)
  })

  it('comes to the others when one cannot be reached, and the next time only to him', async () => {
    using folder = temporaryFolder()
    await using site = await house({
      'carl@example.com': { release: ['folder'], releaseFolder: join(folder.path, 'unmounted') },
    })
    site.refused.add('ann@example.com')
    await expect(deliverReleased(original, content, site)).rejects.toThrow(/could not be reached.*ENOENT/)
    expect(site.ways()).toEqual(['mail bob@example.com'])
    site.refused.clear()
    await expect(deliverReleased(original, content, site)).rejects.toThrow('ENOENT')
    expect(site.ways()).toEqual(['mail ann@example.com', 'mail bob@example.com'])
  })

  it('is filed once for all who share a folder', async () => {
    using folder = temporaryFolder()
    const shared = { release: ['folder'], releaseFolder: folder.path } as const
    await using site = await house(
      Object.fromEntries(
        original.recipients.map((recipient) => [recipient, { ...shared, release: ['folder'] }]),
      ),
    )
    await deliverReleased(original, content, site)
    await deliverReleased(original, content, site)
    expect(await readdir(join(folder.path, '2026-03-01/carl@client.example'))).toHaveLength(1)
    expect(site.sent).toEqual([])
  })

  for (const [messageId, inReplyTo] of [
    ['<1@client.example>', '<1@client.example>'],
    ['<1@client.example>\r\nBcc: eve@x.example', undefined],
    ['1@client.example', undefined],
    ['<a b@c>', undefined],
    ['', undefined],
  ] as const) {
    it(`names the mail ${JSON.stringify(messageId)} that it came with ${inReplyTo ? 'for threads' : 'nowhere in its header'}`, async () => {
      await using site = await house({})
      await deliverReleased(anyHeldOriginal({ messageId }), content, site)
      expect(site.sent.map((notice) => notice.inReplyTo)).toEqual([inReplyTo])
      expect(site.sent[0]?.text).toContain('carl@client.example')
    })
  }

  it('is kept as long as the policy of one recipient says', () => {
    const policyOf = (recipient: string): Policy => ({
      release: ['mail'],
      keepReleased: recipient.startsWith('bob') ? 3 * day : 0,
    })
    expect(keptUntil(original, noon, policyOf)).toEqual(new Date(noon.getTime() + 3 * day))
    expect(keptUntil(anyHeldOriginal(), noon, policyOf)).toBeUndefined()
  })
})
