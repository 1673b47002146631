import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startMailSink } from '../../../src/demonstration/mail-sink.ts'
import { sendMail } from '../../../src/demonstration/smtp-client.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const host = { address: '127.0.0.1', port: 0, hostName: 'mx.example' }

test('a message is written once for each recipient, byte for byte, with its envelope in front', async () => {
  using folder = temporaryFolder()
  await using sink = await startMailSink({ ...host, folder: folder.path })
  const message = Buffer.from('Subject: dots\r\n\r\n.one\r\n..two\r\n\xe4 raw byte\r\n', 'latin1')
  const recipients = ['ann@example.org', 'b/o/b@example.org']
  const { reply } = await sendMail({ port: sink.port, sender: 'x@example.net', recipients, message })
  expect(reply.code).toBe(250)
  expect(sink.received().map(({ content }) => content.equals(message))).toEqual([true, true])
  expect(sink.received().map(({ recipient }) => recipient)).toEqual(recipients)
  const files = readdirSync(folder.path).sort()
  expect(files).toHaveLength(2)
  const [first = ''] = sink.received().map(({ file }) => readFileSync(file, 'latin1'))
  const envelope = 'Return-Path: <x@example.net>\r\nDelivered-To: ann@example.org\r\n'
  expect(first).toBe(envelope + message.toString('latin1'))
})

test('each refused recipient is told apart, and the client learns all lines of a reply', async () => {
  using folder = temporaryFolder()
  const refuse = (recipient: string) =>
    recipient.startsWith('no') ? { code: 550, text: '5.1.1 nobody here' } : undefined
  await using sink = await startMailSink({ ...host, folder: folder.path, refuse })
  const result = await sendMail({
    port: sink.port,
    sender: '',
    recipients: ['no@example.org', 'ann@example.org'],
    message: 'Subject: x\r\n\r\nx',
  })
  expect(result.recipients.map(({ reply }) => reply.code)).toEqual([550, 250])
  expect(result.reply.code).toBe(250)
  expect(sink.received().map(({ recipient, sender }) => [recipient, sender])).toEqual([
    ['ann@example.org', ''],
  ])
  const none = await sendMail({ port: sink.port, sender: '', recipients: ['no@example.org'], message: '' })
  expect(none.reply).toEqual({ code: 550, text: '550 5.1.1 nobody here' })
})
