import { expect, test } from 'vitest'
import { isAutomatic } from '../../../../src/keys/intake/is-automatic.ts'
import { receivedMessage } from '../../../support/received-message.ts'

for (const [what, sender, header, expected] of [
  ['a mail of a person', 'bob@partner.example', '', false],
  ['a mail that says it is of a person', 'bob@partner.example', 'Auto-Submitted: no (typed)', false],
  ['a bounce', '', '', true],
  ['an answer of a program', 'bob@partner.example', 'Auto-Submitted: auto-replied', true],
  [
    'one with a comment',
    'bob@partner.example',
    'Auto-Submitted:\r\n auto-generated; owner-email="x@y.example"',
    true,
  ],
  ['a report', 'bob@partner.example', 'Content-Type: multipart/report; report-type=delivery-status', true],
  ['mail of a list', 'list-bounces@list.example', '', true],
  ['mail with the name of a list', 'bob@partner.example', 'List-Id: <x.list.example>', true],
  ['mail to many', 'bob@partner.example', 'Precedence: bulk', true],
  ['mail of an address that nobody reads', 'no-reply@partner.example', '', true],
] as const) {
  test(`${what} is ${expected ? '' : 'not '}automatic`, () => {
    const { fields } = receivedMessage(
      `From: bob@partner.example\n${header === '' ? '' : `${header}\n`}\nText\n`,
    )
    expect(isAutomatic(sender, fields)).toBe(expected)
  })
}
