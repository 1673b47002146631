import { describe, expect, it } from 'vitest'
import { combineOutbound, treatmentKey } from '../../../src/decision/combine-outbound.ts'
import { decideOutbound, type OutboundQuestion } from '../../../src/decision/decide-outbound.ts'
import type { OutboundOutcome } from '../../../src/decision/outcome.ts'
import type { OutboundPolicy } from '../../../src/policy/policy.ts'

const policy: OutboundPolicy = {
  protection: ['smime', 'pdf'],
  otherwise: 'wait',
  sign: 'if-possible',
  office: 'pass',
}
const question: OutboundQuestion = {
  recipient: 'ann@client.example',
  policy,
  usable: { smime: false, pdf: false },
  signer: true,
}
const summary = (outcome: OutboundOutcome) =>
  outcome.kind === 'deliver'
    ? `${outcome.protection}${outcome.sign ? ', signed' : ''}`
    : `${outcome.reply.code} ${outcome.reply.enhancedStatus}`

describe('a message to a recipient', () => {
  for (const [what, change, expected] of [
    ['with a certificate is encrypted to it', { usable: { smime: true, pdf: true } }, 'smime, signed'],
    ['with only a password becomes a PDF', { usable: { smime: false, pdf: true } }, 'pdf, signed'],
    ['with neither waits', {}, '451 4.7.1'],
    [
      'with neither bounces where the policy says so',
      { policy: { ...policy, otherwise: 'reject' } },
      '550 5.7.5',
    ],
    [
      'never goes in the clear because a certificate is missing',
      { policy: { ...policy, protection: ['smime'] } },
      '451 4.7.1',
    ],
    [
      'goes in the clear where the policy says none',
      { policy: { ...policy, protection: ['none'] } },
      'none, signed',
    ],
    [
      'of a TLS partner is left to the transport',
      { policy: { ...policy, protection: ['tls'] } },
      'tls, signed',
    ],
    [
      'at an IP address never counts as protected by TLS',
      { recipient: 'ann@[192.0.2.1]', policy: { ...policy, protection: ['tls'] } },
      '451 4.7.1',
    ],
    [
      'is unsigned where the policy says never',
      { policy: { ...policy, protection: ['tls'], sign: 'never' } },
      'tls',
    ],
    [
      'is unsigned without a certificate of the author',
      { signer: false, usable: { smime: true, pdf: false } },
      'smime',
    ],
    [
      'is refused without one where signing is a must',
      { signer: false, policy: { ...policy, sign: 'always' } },
      '550 5.7.5',
    ],
  ] as const) {
    it(what, () => {
      expect(summary(decideOutbound({ ...question, ...(change as Partial<OutboundQuestion>) }))).toBe(
        expected,
      )
    })
  }
})

describe('several recipients of one transaction', () => {
  const deliver = (protection: 'smime' | 'pdf' | 'tls' | 'none'): OutboundOutcome => ({
    kind: 'deliver',
    protection,
    sign: true,
    office: 'pass',
  })

  it('share a body that serves all of them', () => {
    const plan = combineOutbound([
      { recipient: 'a@x', outcome: deliver('smime') },
      { recipient: 'b@x', outcome: deliver('smime') },
    ])
    expect(plan).toEqual(deliver('smime'))
  })

  it('come again one by one when they need different bodies', () => {
    for (const others of [deliver('none'), deliver('pdf')]) {
      const plan = combineOutbound([
        { recipient: 'a@x', outcome: deliver('pdf') },
        { recipient: 'b@x', outcome: others },
      ])
      expect(plan).toMatchObject({ kind: 'refuse', reply: { code: 451 } })
    }
  })

  it('never share a PDF, whose password belongs to one', () => {
    expect(treatmentKey(deliver('pdf'), 'a@x')).not.toBe(treatmentKey(deliver('pdf'), 'b@x'))
  })

  it('are none: an empty transaction is deferred', () => {
    expect(combineOutbound([])).toMatchObject({ kind: 'refuse' })
  })
})
