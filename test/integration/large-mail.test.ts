import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { anna, builderAddress } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

/** Base64 in lines of 76, a little below message_size_limit (60 MiB). */
const attachment = () =>
  `${randomBytes(42 * 1024 * 1024)
    .toString('base64')
    .match(/.{1,76}/g)
    ?.join('\r\n')}\r\n`

describe.skipIf(noSite)(`a mail as large as Postfix takes${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()

  test('leaves signed and encrypted, though it is twice as large then', async () => {
    const head = [
      `From: ${anna}`,
      `To: ${builderAddress}`,
      'Subject: large',
      'MIME-Version: 1.0',
      'Content-Type: application/octet-stream; name=plan.bin',
      'Content-Transfer-Encoding: base64',
    ]
    const { reply } = await sendMail({
      port: site().postfix.ports.submission,
      sender: anna,
      recipients: [builderAddress],
      message: `${head.join('\r\n')}\r\n\r\n${attachment()}`,
    })
    expect(reply.code).toBe(250)
    const { recipient, content } = await pollUntil('it arrives or comes back', () => site().received()[0])
    expect(recipient).toBe(builderAddress)
    expect(content.toString('latin1', 0, 5000)).toMatch(/^Content-Type: application\/pkcs7-mime/m)
  }, 120_000)
})
