import { describe, expect, it } from 'vitest'
import type { Notice } from '../../../src/delivery/send-notice.ts'
import { sendDigests } from '../../../src/gateway/send-digests.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { InboundRule, PolicySet } from '../../../src/policy/policy.ts'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'

const anna = 'anna@kanzlei.example'
const bob = 'bob@kanzlei.example'
const daily: PolicySet = { ...builtInPolicies, inbound: new Map([['default', { digest: 'daily' }]]) }

/** Times without a zone are those of the house. */
const refusal = (id: string, at: string, change: Partial<DecisionRecord> = {}): DecisionRecord => ({
  ...{ id, at: new Date(at), direction: 'inbound', queueId: '4Xk2', clientAddress: '192.0.2.1' },
  ...{ sender: 'bounce@shop.example', author: 'news@shop.example', recipients: [anna], answer: '550 5.7.1' },
  ...{ trust: undefined, outcomes: [], policyGeneration: 1, milliseconds: 1, subject: 'Angebot' },
  ...change,
})

async function told(
  records: readonly DecisionRecord[],
  { rules = daily, times = 1, fails = 0 }: { rules?: PolicySet; times?: number; fails?: number } = {},
): Promise<Notice[]> {
  await using storage = await openTestStorage()
  for (const record of records) await storage.decisions.add(record)
  const sent: Notice[] = []
  let failing = fails
  for (let time = 0; time < times; time += 1) {
    await sendDigests({
      storage,
      rules: () => rules,
      ownDomains: ['kanzlei.example'],
      now: () => new Date('2026-03-03T00:30:00'),
      send: async (notice) => {
        if (failing-- > 0) throw new Error('Postfix is down')
        sent.push(notice)
      },
    }).catch(() => {})
  }
  return sent
}

describe('the list of what was refused', () => {
  it('comes the day after, with time, sender and subject, to each recipient for himself', async () => {
    const sent = await told([
      refusal('b', '2026-03-02T17:45:00', { recipients: [anna, bob], subject: 'Rechnung' }),
      refusal('a', '2026-03-02T08:05:00'),
      refusal('today', '2026-03-03T00:10:00'),
      refusal('before', '2026-03-01T23:59:00'),
      refusal('later', '2026-03-02T12:00:00', { answer: '451 4.7.1' }),
      refusal('accepted', '2026-03-02T12:00:00', { answer: 'accept' }),
      refusal('ours', '2026-03-02T12:00:00', { direction: 'outbound', recipients: [bob] }),
    ])
    expect(sent.map(({ to }) => to)).toEqual([[anna], [bob]])
    const [toAnna, toBob] = sent
    expect(toAnna?.subject).toBe('Abgewiesene E-Mails / Refused mail: 2 (02.03.2026)')
    expect(toAnna?.text).toContain(
      '08:05  news@shop.example\n       Angebot\n17:45  news@shop.example\n       Rechnung\n',
    )
    expect(toBob?.text).not.toContain('Angebot')
    expect(toAnna?.messageIdLocal).not.toBe(toBob?.messageIdLocal)
  })

  it('comes once, also when it could not be sent at first', async () => {
    const records = [refusal('a', '2026-03-02T08:05:00', { recipients: [anna, bob] })]
    expect(await told(records, { times: 3 })).toHaveLength(2)
    const sent = await told(records, { times: 3, fails: 1 })
    expect(sent.map(({ to }) => to[0]).sort()).toEqual([anna, bob])
  })

  for (const [whom, rule, recipient] of [
    ['whose policy wants none', { default: { digest: 'daily' }, [anna]: { digest: 'off' } }, anna],
    ['where nobody asked for it', {}, anna],
    ['who is not ours', { default: { digest: 'daily' } }, 'somebody@elsewhere.example'],
  ] as [string, Record<string, InboundRule>, string][]) {
    it(`comes to nobody ${whom}`, async () => {
      const rules = { ...builtInPolicies, inbound: new Map(Object.entries(rule)) }
      expect(
        await told([refusal('a', '2026-03-02T08:05:00', { recipients: [recipient] })], { rules }),
      ).toEqual([])
    })
  }

  it('does not come where nothing was refused', async () => {
    expect(await told([])).toEqual([])
  })

  it('shows what senders wrote in one line, with nothing to click on', async () => {
    const [notice] = await told([
      refusal('a', '2026-03-02T08:05:00', {
        subject: 'Konto\r\ngesperrt \u202Ehttps://evil.example www.evil.example',
        author: undefined,
        sender: '',
      }),
    ])
    expect(notice?.text).toContain(
      '08:05  ohne Absender / no sender\n       Konto gesperrt https: //evil.example www .evil.example\n',
    )
  })

  it('ends where nobody would read on', async () => {
    const records = Array.from({ length: 250 }, (_, index) => refusal(`r${index}`, '2026-03-02T08:05:00'))
    const [notice] = await told(records)
    expect(notice?.subject).toContain(': 250 ')
    expect(notice?.text).toContain('und 50 weitere')
  })
})
