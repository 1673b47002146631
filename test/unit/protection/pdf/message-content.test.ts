import { expect, it } from 'vitest'
import { messageContent } from '../../../../src/protection/pdf/message-content.ts'
import { receivedMessage } from '../../../support/received-message.ts'

const head = 'From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
const part = (type: string, body: string) => `--b\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`

it('HTML of tens of thousands of elements within each other is attached, not printed', async () => {
  const deep = part('text/html', '<b></i>\r\n'.repeat(60_000))
  const mail = `${head}${part('text/html', '<p>Hallo')}${deep}${part('text/plain', 'Ende')}--b--\r\n`
  const { content, rest } = await messageContent(receivedMessage(mail))
  expect(content.bodies.join()).toMatch(/Hallo.*Ende/s)
  expect(rest.map(({ contentType }) => contentType.subtype)).toEqual(['html'])
})
