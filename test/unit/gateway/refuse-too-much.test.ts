import { expect, it } from 'vitest'
import { PermanentFailure } from '../../../src/failure.ts'
import { refuseTooMuch } from '../../../src/gateway/refuse-too-much.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'
import { receivedMessage } from '../../support/received-message.ts'

it('a mail that is too much for us is refused with reference and telephone, and only the record names the bound', async () => {
  const records: DecisionRecord[] = []
  const { client, sender, recipients } = receivedMessage('From: ann@partner.example\n\nx\n')
  const answer = await refuseTooMuch(
    { client, sender, recipients, queueId: '4XyZ' },
    new PermanentFailure('6.0', 'The message has more than 1000 parts'),
    {
      organization: { name: 'Kanzlei Muster', telephone: '+49 9721 0000', domains: ['kanzlei.example'] },
      rules: () => builtInPolicies,
      now: () => new Date('2026-11-21T12:00:00Z'),
      decisions: {
        add: async (record) => {
          records.push(record)
        },
      },
      log: () => undefined,
    } as Parameters<typeof refuseTooMuch>[2],
    () => 'K7Q2-81ZX-4M3P',
  )
  const text = answer.kind === 'refuse' ? answer.reply.lines.join('\n') : ''
  expect(text).toContain('K7Q2-81ZX-4M3P')
  expect(text).toContain('+49 9721 0000')
  expect(text).not.toContain('1000 parts')
  expect(records).toMatchObject([
    {
      id: 'K7Q2-81ZX-4M3P',
      answer: '550 5.6.0',
      outcomes: [
        { recipient: 'bob@kanzlei.example', outcome: 'reject: The message has more than 1000 parts' },
      ],
    },
  ])
})
