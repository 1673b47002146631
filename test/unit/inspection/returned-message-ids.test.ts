import { expect, it } from 'vitest'
import { returnedMessageIds } from '../../../src/inspection/returned-message-ids.ts'
import { receivedMessage } from '../../support/received-message.ts'

const report = (...parts: readonly (readonly [type: string, body: string])[]) =>
  receivedMessage(
    [
      'From: mailer-daemon@mx.example',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      ...parts.flatMap(([type, body]) => ['--b', `Content-Type: ${type}`, '', body]),
      '--b--',
      '',
    ].join('\r\n'),
    { sender: '' },
  )
const text = ['text/plain', 'Your mail <9@example.com> could not be delivered.'] as const
const status = ['message/delivery-status', 'Reporting-MTA: dns; mx.example\r\n\r\nAction: failed'] as const
const ours = 'From: ann@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: x\r\n\r\nHallo'

for (const [what, message, expected] of [
  ['the whole mail', report(text, status, ['message/rfc822', ours]), ['<1@example.com>']],
  [
    'its header',
    report(text, status, ['text/rfc822-headers', ours.split('\r\n\r\n')[0] ?? '']),
    ['<1@example.com>'],
  ],
  [
    'its header in base64',
    report(text, ['text/rfc822-headers\r\nContent-Transfer-Encoding: base64', btoa(ours)]),
    ['<1@example.com>'],
  ],
  [
    'a receipt',
    report(text, [
      'message/disposition-notification',
      'Reporting-UA: x\r\nOriginal-Message-ID: <1@example.com>',
    ]),
    ['<1@example.com>'],
  ],
  [
    'the mail as text, as qmail does',
    receivedMessage(`From: mailer-daemon@mx.example\r\n\r\nSorry.\r\n--- Below this line\r\n${ours}\r\n`, {
      sender: '',
    }),
    ['<1@example.com>'],
  ],
  [
    'the mail quoted',
    report(['text/plain', `It said:\r\n> Message-Id: <1@example.com>\r\n`]),
    ['<1@example.com>'],
  ],
  ['nothing but words', report(text, status), []],
  ['a header without an identifier', report(['text/rfc822-headers', 'Subject: x']), []],
  [
    'a mail that itself contains one',
    report(['message/rfc822', `Message-ID: <1@x>\r\nContent-Type: message/rfc822\r\n\r\n${ours}`]),
    ['<1@x>'],
  ],
  [
    'more mails than a report has',
    report(
      ...Array.from({ length: 50 }, (_, n) => ['message/rfc822', `Message-ID: <${n}@x>\r\n\r\n`] as const),
    ),
    ['<0@x>', '<1@x>', '<2@x>'],
  ],
] as const)
  it(`a report that returns ${what} names ${expected.join(', ') || 'none'}`, async () => {
    expect(await returnedMessageIds(message)).toEqual(expected)
  })
