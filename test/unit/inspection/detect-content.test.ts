import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { detectContent } from '../../../src/inspection/detect-content.ts'
import { isCalendarMessage } from '../../../src/inspection/is-calendar-message.ts'
import { receivedMessage } from '../../support/received-message.ts'

const iban = 'DE89 3704 0044 0532 0130 00'
const nothing = { words: [], attachmentTypes: [] }
const detected = (message: string | Uint8Array, policy: Partial<typeof nothing> | object = nothing) =>
  detectContent(receivedMessage(message), { ...nothing, ...policy })

const inBase64 = (text: string) => Buffer.from(text).toString('base64')

describe('in a mail of ours', () => {
  for (const [what, message, found] of [
    ['nothing is detected in a greeting', 'Subject: Hallo\n\nGuten Tag.\n', []],
    ['an IBAN in the text', `Subject: x\n\n${iban}\n`, ['iban']],
    ['an IBAN in the subject', `Subject: ${iban}\n\nx\n`, ['iban']],
    ['an IBAN in an encoded subject', `Subject: =?utf-8?B?${inBase64(iban)}?=\n\nx\n`, ['iban']],
    [
      'an IBAN in base64',
      `Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${inBase64(iban)}\n`,
      ['iban'],
    ],
    [
      'an IBAN that quoted-printable breaks',
      'Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nDE89 3704 00=\n44 0532 0130 00\n',
      ['iban'],
    ],
    [
      'an IBAN between tags',
      'Content-Type: text/html\n\n<p>DE<b>89</b>&nbsp;3704<br>0044 0532 <i>0130</i> 00</p>\n',
      ['iban'],
    ],
    [
      'a number of each kind',
      'Content-Type: text/plain\n\n86 095 742 719\n15 070649 C 103\n',
      ['tax-id', 'social-security-number'],
    ],
    [
      'an IBAN in UTF-16',
      Buffer.concat([
        Buffer.from(
          'Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\n',
        ),
        Buffer.from(Buffer.from(iban, 'utf16le').toString('base64')),
      ]),
      ['iban'],
    ],
    [
      'an IBAN in a table that is attached',
      `Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\n1;${iban}\n--b--\n`,
      ['iban'],
    ],
    [
      'an IBAN in the subject of an attached message',
      `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: ${iban}\n\nx\n--b--\n`,
      ['iban'],
    ],
    ['text in a charset that nobody knows', 'Content-Type: text/plain; charset=x-geheim\n\nx\n', ['unread']],
    [
      'text in an encoding that nobody knows',
      'Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nx\n',
      ['unread'],
    ],
    ['a box of Outlook', 'Content-Type: application/ms-tnef; name=winmail.dat\n\nx\n', ['unread']],
    ['an opaque signature', 'Content-Type: application/pkcs7-mime\n\nx\n', ['unread']],
    ['a multipart without parts', 'Content-Type: multipart/mixed; boundary=b\n\nx\n', ['unread']],
    ['more text than is looked through', `Subject: x\n\n${'x\n'.repeat(600_000)}`, ['unread']],
  ] as const) {
    it(`${what}: ${found.join(', ') || 'none'}`, async () => {
      expect(await detected(message)).toEqual(found)
    })
  }

  it('words of the list are found, and only these', async () => {
    const message = 'Subject: Ihre KUENDIGUNG\n\nHallo\n'
    expect(await detected(message, { words: ['Kündigung'] })).toEqual(['word'])
    expect(await detected(message, { words: ['Mahnung'] })).toEqual([])
  })

  it('words are found in the name of a file', async () => {
    const message = 'Content-Type: application/pdf; name="Lohnabrechnung_Mai.pdf"\n\nx\n'
    expect(await detected(message, { words: ['Lohnabrechnung'] })).toEqual(['word'])
  })

  const attached = (type: string, name: string) =>
    `Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: ${type}\nContent-Disposition: attachment; filename="${name}"\nContent-Transfer-Encoding: base64\n\neHh4\n--b--\n`
  for (const [type, name, listed, found] of [
    ['application/pdf', 'a.pdf', ['pdf'], true],
    ['application/octet-stream', 'A.PDF.', ['.pdf'], true],
    ['application/pdf', 'a.bin', ['application/pdf'], true],
    ['image/png', 'logo.png', ['image/*'], true],
    ['application/octet-stream', 'pdf', ['pdf'], false],
    ['application/zip', 'a.pdf.zip', ['pdf'], false],
  ] as const) {
    it(`${name} of type ${type} is ${found ? '' : 'not '}listed as ${listed[0]}`, async () => {
      const policy = { attachmentTypes: [...listed] }
      expect(await detected(attached(type, name), policy)).toEqual(found ? ['attachment-type'] : [])
    })
  }

  test('any bytes are looked through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        const head = Buffer.from('Content-Type: text/html\r\n\r\n')
        expect(Array.isArray(await detected(Buffer.concat([head, bytes])))).toBe(true)
      }),
    )
  })
})

describe('an invitation', () => {
  const calendar = (parameters: string, more = '') =>
    `Content-Type: text/calendar; ${parameters}\n${more}\nBEGIN:VCALENDAR\n`
  const inside = (type: string, part: string) =>
    `Content-Type: ${type}; boundary=b\n\n--b\n\nx\n--b\n${part}\n--b--\n`
  for (const [what, message, is] of [
    ['alone', calendar('method=REQUEST'), true],
    ['beside its text', inside('multipart/alternative', calendar('method="cancel"')), true],
    [
      'in a file that is attached',
      inside('multipart/mixed', calendar('method=REQUEST', 'Content-Disposition: attachment\n')),
      false,
    ],
    ['for everybody', calendar('method=PUBLISH'), false],
    ['without method', calendar('charset=utf-8'), false],
    [
      'in an attached message',
      inside('multipart/mixed', `Content-Type: message/rfc822\n\n${calendar('method=REQUEST')}`),
      false,
    ],
    ['that is only text', 'Content-Type: text/plain; method=REQUEST\n\nx\n', false],
  ] as const) {
    it(`${what} is ${is ? 'one' : 'none'}`, () => {
      expect(isCalendarMessage(receivedMessage(message).tree.root)).toBe(is)
    })
  }
})
