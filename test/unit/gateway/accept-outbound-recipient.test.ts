import { describe, expect, it } from 'vitest'
import { acceptOutboundRecipient } from '../../../src/gateway/answer-outbound.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { OutboundRule } from '../../../src/policy/policy.ts'
import { noWays } from '../../support/outbound.ts'

const rules: [string, OutboundRule][] = [
  ['tls.example', { protection: ['tls'] }],
  ['clear.example', { protection: ['none'] }],
  ['words.example', { protection: ['tls'], protect: 'detected', words: ['Akte'] }],
]
const gateway = {
  organization: { name: 'Kanzlei Muster', telephone: '+49 30 5550100', domains: ['kanzlei.example'] },
  rules: () => ({ ...builtInPolicies, outbound: new Map(rules) }),
  now: () => new Date('2026-11-21T12:00:00Z'),
  findWays: async () => noWays,
} as unknown as Gateway

describe('the outbound socket directly at a submission service', () => {
  for (const [what, before, recipient, code] of [
    ['lets the first recipient in', [], 'ann@tls.example', undefined],
    ['lets another with the same treatment in', ['ann@tls.example'], 'bob@tls.example', undefined],
    ['asks one with another treatment to come again', ['ann@tls.example'], 'bob@clear.example', 452],
    ['asks one to come again for whom the text may matter', ['ann@tls.example'], 'bob@words.example', 452],
    ['asks one who must wait to come again', ['ann@tls.example'], 'bob@nobody.example', 452],
    [
      'refuses a malformed address when it is named, not its neighbours',
      [],
      '"a@b.example"@tls.example',
      550,
    ],
    ['refuses a way through us to another domain', [], 'ann%tls.example@kanzlei.example', 550],
    ['refuses it by a host below our domain', [], 'tls.example!ann@mx.kanzlei.example', 550],
    ['refuses it by the name of the machine', [], 'ann%tls.example@localhost', 550],
    ['refuses it by an IP address', [], '"ann%tls.example"@[127.0.0.1]', 550],
    ['takes such a local part at a domain of others', [], 'bounce%ann@tls.example', undefined],
  ] as const) {
    it(what, async () => {
      const answer = await acceptOutboundRecipient(gateway, before, recipient)
      if (code === undefined) expect(answer).toBe('continue')
      else expect(answer).toMatchObject({ kind: 'refuse', reply: { code } })
    })
  }

  it('defers a recipient whose keys cannot be looked up', async () => {
    const broken = { ...gateway, findWays: () => Promise.reject(new Error('database is gone')) }
    await expect(acceptOutboundRecipient(broken, ['ann@tls.example'], 'bob@tls.example')).rejects.toThrow()
  })
})
