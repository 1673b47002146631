import { join } from 'node:path'
import { arrivedParts, textOf } from './attachments.ts'
import type { SunkMail } from './mail-sink.ts'
import { anna, builder, builderAddress } from './people.ts'
import { mustRun } from './run-program.ts'
import { arrived, expect, type Sample, since } from './sample.ts'
import { signedByDomain } from './sender-records.ts'
import { type Reply, sendMail } from './smtp-client.ts'
import type { Site } from './start-site.ts'

/** What partners sign and encrypt: opened, judged, and shown with a mark. OpenSSL writes it. */
export const protectedSamples: readonly Sample[] = [
  {
    name: 'an answer, signed and encrypted with S/MIME',
    direction: 'inbound',
    async run(site) {
      const isNew = since(site)
      const text = 'Die Schlussrechnung betraegt 98.765 EUR.'
      const to = join(site.folders.authority, `${anna}.pem`)
      const encrypt = ['openssl', 'cms', '-encrypt', '-aes256', ...header('Schlussrechnung'), to]
      const message = withCrlf(await mustRun(encrypt, await signed(site, text, [])))
      expect(!message.includes('98.765'), 'OpenSSL did not encrypt')
      const reply = await send(site, message)
      const mail = await arrived(site, anna, isNew)
      expect(textOf(arrivedParts(mail.content)).includes(text), 'Anna cannot read it')
      const subject = subjectOf(mail)
      expect(
        subject.includes('[encrypted]') && subject.includes('[signed OK]'),
        `the subject says no such thing: ${subject}`,
      )
      return { reply: reply.text, outcome: `opened and readable; subject: ${subject}` }
    },
  },
  {
    name: 'a signed mail that was changed on its way',
    direction: 'inbound',
    async run(site) {
      const isNew = since(site)
      const whole = await signed(site, 'Bitte zahlen Sie 100 EUR.', header('Zahlung'))
      const changed = Buffer.from(whole.toString('latin1').replace('100 EUR', '900 EUR'), 'latin1')
      const reply = await send(site, changed)
      const mail = await arrived(site, anna, isNew)
      const subject = subjectOf(mail)
      expect(subject.includes('[signed INVALID]'), `the subject does not warn: ${subject}`)
      return { reply: reply.text, outcome: `delivered with a warning; subject: ${subject}` }
    },
  },
]

function header(subject: string): string[] {
  return ['-from', `Erika Berger <${builderAddress}>`, '-to', anna, '-subject', subject]
}

/** Clear-signed by the client. */
async function signed(site: Site, text: string, fields: readonly string[]): Promise<Buffer> {
  const { certificateFile, keyFile } = site.builderKeys
  const sign = ['openssl', 'cms', '-sign', '-signer', certificateFile, '-inkey', keyFile, ...fields]
  const entity = `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`
  return withCrlf(await mustRun(sign, entity))
}

/** OpenSSL ends the lines around by LF alone. */
function withCrlf(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
}

async function send(site: Site, message: Buffer): Promise<Reply> {
  const from = site.sendingDomains.get(builder.domain)
  if (!from) throw new Error(`${builder.domain} is not in the demonstration`)
  const { reply } = await sendMail({
    port: site.postfix.ports.inbound,
    recipients: [anna],
    client: { address: from.clientAddress, name: from.hostName },
    sender: builderAddress,
    message: await signedByDomain(withDate(message), from),
  })
  expect(reply.code === 250, `it was refused: ${reply.text}`)
  return reply
}

function withDate(message: Buffer): Buffer {
  const id = `<${crypto.randomUUID()}@${builder.domain}>`
  const date = new Date().toUTCString().replace('GMT', '+0000')
  return Buffer.concat([Buffer.from(`Date: ${date}\r\nMessage-ID: ${id}\r\n`), message])
}

function subjectOf({ content }: SunkMail): string {
  const folded = /^Subject:(.*(?:\r\n[ \t].*)*)/im.exec(content.toString('latin1'))?.[1] ?? ''
  return folded.replaceAll('\r\n', '').trim()
}
