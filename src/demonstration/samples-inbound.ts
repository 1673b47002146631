import { arrivedParts, textOf } from './attachments.ts'
import { eicar } from './clamd.ts'
import { compose, docxType, type Letter, wordFile } from './compose.ts'
import { openPdf } from './open-protected.ts'
import {
  advertiser,
  anna,
  builder,
  builderAddress,
  firstContact,
  forgerAddress,
  type Sender,
} from './people.ts'
import { arrived, expect, type Sample, since, statusOf } from './sample.ts'
import { protectedSamples } from './samples-inbound-protected.ts'
import { signedByDomain } from './sender-records.ts'
import { type Reply, sendMail } from './smtp-client.ts'
import type { Site } from './start-site.ts'

const answer = { from: `Erika Berger <${builderAddress}>`, to: [anna], subject: 'Re: Ihr Steuerbescheid' }

/** Mail from outside: what is taken and what is refused inside the SMTP dialogue. */
export const inboundSamples: readonly Sample[] = [
  {
    name: 'a known partner answers, authenticated',
    direction: 'inbound',
    async run(site) {
      const isNew = since(site)
      const reply = await send(site, builder, builderAddress, { ...answer, text: 'Danke, so machen wir es.' })
      expect(reply.code === 250, `it was refused: ${reply.text}`)
      const mail = await arrived(site, anna, isNew)
      const results =
        /^Authentication-Results:(.*(?:\r\n[ \t].*)*)/m.exec(mail.content.toString('latin1'))?.[1] ?? ''
      for (const passed of ['spf=pass', 'dkim=pass', 'dmarc=pass']) {
        expect(results.includes(passed), `Authentication-Results lack ${passed}`)
      }
      return { reply: reply.text, outcome: 'delivered; SPF, DKIM and DMARC pass' }
    },
  },
  ...protectedSamples,
  {
    name: 'the same partner, forged',
    direction: 'inbound',
    async run(site) {
      const text = 'Bitte ueberweisen Sie auf das neue Konto.'
      const message = await compose({ ...answer, text })
      const client = { address: forgerAddress, helo: 'mail.example' }
      const { reply } = await sendMail({ ...inbound(site), client, sender: builderAddress, message })
      return refused(site, reply, text)
    },
  },
  {
    name: 'first contact, clean',
    direction: 'inbound',
    async run(site) {
      const isNew = since(site)
      const from = `info@${firstContact.domain}`
      const letter = { from, to: [anna], subject: 'Anfrage', text: 'Haben Sie einen Termin frei?' }
      const reply = await send(site, firstContact, from, letter)
      expect(reply.code === 250, `it was refused: ${reply.text}`)
      await arrived(site, anna, (mail) => isNew(mail) && mail.content.includes('Termin frei'))
      return { reply: reply.text, outcome: 'delivered' }
    },
  },
  {
    name: 'an attachment with the EICAR test virus',
    direction: 'inbound',
    async run(site) {
      const attachment = { fileName: 'rechnung.com', content: eicar, type: 'application/octet-stream' }
      const letter = { ...answer, text: 'Anbei die Rechnung.', attachment }
      return refused(site, await send(site, builder, builderAddress, letter), letter.text)
    },
  },
  {
    name: 'a Word file',
    direction: 'inbound',
    async run(site) {
      const isNew = since(site)
      const word = wordFile(['Bautagebuch Blatt 7', 'Beton geliefert: 12 Kubikmeter.'])
      const attachment = { fileName: 'Bautagebuch.docx', content: word, type: docxType }
      const letter = { ...answer, subject: 'Bautagebuch', text: 'Anbei das Blatt 7.', attachment }
      const reply = await send(site, builder, builderAddress, letter)
      expect(reply.code === 250, `it was refused: ${reply.text}`)
      const mail = await arrived(site, anna, isNew)
      const parts = arrivedParts(mail.content)
      const original = (each: { bytes: Buffer }) => each.bytes.equals(Buffer.from(word))
      expect(!parts.some(original), 'the original came at once')
      expect(textOf(parts).includes('Bautagebuch.docx'), 'no word about the original in the mail')
      const { text } = await openPdf(site, mail, '', 'word-file')
      expect(text.includes('Beton geliefert: 12 Kubikmeter.'), 'the PDF has another text')
      await arrived(site, anna, (each) => isNew(each) && arrivedParts(each.content).some(original))
      return {
        reply: reply.text,
        outcome: 'PDF at once; the original, unchanged, after the hold and a second scan',
      }
    },
  },
  {
    name: 'a blocked sender',
    direction: 'inbound',
    async run(site) {
      const from = `angebote@${advertiser.domain}`
      const letter = { from, to: [anna], subject: 'Nur heute', text: 'Kaufen Sie jetzt.' }
      return refused(site, await send(site, advertiser, from, letter), letter.text)
    },
  },
]

function inbound(site: Site) {
  return { port: site.postfix.ports.inbound, recipients: [anna] }
}

/** Sends as the sender's own host does: signed, from its address. */
async function send(site: Site, { domain }: Sender, sender: string, letter: Letter): Promise<Reply> {
  const from = site.sendingDomains.get(domain)
  if (!from) throw new Error(`${domain} is not in the demonstration`)
  const message = await signedByDomain(await compose(letter), from)
  const client = { address: from.clientAddress, name: from.hostName }
  return (await sendMail({ ...inbound(site), client, sender, message })).reply
}

function refused(site: Site, reply: Reply, content: string) {
  expect(reply.code >= 500 && reply.code < 600, `it was not refused: ${reply.text}`)
  expect(/Ref\. \w+/.test(reply.text), 'the refusal has no reference number')
  expect(!site.received().some((mail) => mail.content.includes(content)), 'it arrived all the same')
  return { reply: reply.text, outcome: `refused in the SMTP dialogue (${statusOf(reply)}), nothing arrived` }
}
