import { describe, expect, it } from 'vitest'
import { refuseEarly } from '../../../src/gateway/refuse-early.ts'
import type { Client } from '../../../src/message/received-message.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { PolicySet } from '../../../src/policy/policy.ts'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'

const now = new Date('2026-11-22T08:00:00Z')
const rules: PolicySet = {
  ...builtInPolicies,
  inbound: new Map([['bob@kanzlei.example', { telephone: '+49 30 77', languages: ['en', 'de'] }]]),
  block: [
    { sender: '198.51.100.0/24', reason: 'malware' },
    { sender: '@werbung.example', reason: 'advertising' },
    { sender: 'over.example', reason: 'over', until: '2026-11-21' },
  ],
}
const client: Client = {
  address: '192.0.2.1',
  hostName: undefined,
  reverse: 'unknown',
  helo: 'x',
  tls: undefined,
  login: undefined,
}

async function ask(sender: string, address: string, { failing = false } = {}) {
  const records: DecisionRecord[] = []
  const answer = await refuseEarly(
    { client: { ...client, address }, sender, recipients: [] },
    'bob@kanzlei.example',
    {
      organization: { name: 'Kanzlei Muster', telephone: '+49 30 55', domains: ['kanzlei.example'] },
      rules: () => rules,
      now: () => now,
      log: () => {},
      decisions: {
        add: async (record) => {
          if (failing) throw new Error('down')
          records.push(record)
        },
      },
    },
    () => 'K7Q2-81ZX-4M3P',
  )
  return { answer, records }
}

describe('before a message is sent', () => {
  for (const [what, sender, address] of [
    ['a server of a blocked network', 'ann@partner.example', '198.51.100.7'],
    ['a server of a blocked network, in the notation of IPv6', 'ann@partner.example', '::ffff:198.51.100.7'],
    ['a report of a blocked server', '', '198.51.100.7'],
    ['a blocked sender', 'news@Werbung.example', '192.0.2.1'],
  ] as const) {
    it(`${what} is refused with our words, and it is recorded for whom the mail was`, async () => {
      const { answer, records } = await ask(sender, address)
      if (typeof answer === 'string') throw new Error('not refused')
      expect(answer.reply).toMatchObject({ code: 550, enhancedStatus: '5.7.1' })
      const text = answer.reply.lines.join('\n')
      expect(text).toContain('K7Q2-81ZX-4M3P')
      expect(text).toContain('+49 30 77')
      expect(text).not.toContain('198.51.100.0/24')
      expect(records).toMatchObject([
        {
          id: 'K7Q2-81ZX-4M3P',
          direction: 'inbound',
          sender,
          clientAddress: address,
          recipients: ['bob@kanzlei.example'],
          answer: '550 5.7.1',
          trust: undefined,
        },
      ])
    })
  }

  for (const [what, sender, address] of [
    ['anybody else', 'ann@partner.example', '192.0.2.1'],
    ['somebody whose entry is over', 'ann@over.example', '192.0.2.1'],
    ['a domain below a blocked one', 'ann@sub.werbung.example', '192.0.2.1'],
    ['a malformed sender', 'werbung.example', '192.0.2.1'],
  ] as const) {
    it(`${what} may go on, and nothing is recorded`, async () => {
      expect(await ask(sender, address)).toEqual({ answer: 'continue', records: [] })
    })
  }

  it('nobody is refused without a record: without a database he shall come again', async () => {
    await expect(ask('news@werbung.example', '192.0.2.1', { failing: true })).rejects.toThrow('down')
  })
})
