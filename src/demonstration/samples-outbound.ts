import { compose, type Letter } from './compose.ts'
import { openPdf, openSmime, verifySignature } from './open-protected.ts'
import {
  anna,
  builderAddress,
  carelessAddress,
  dealerAddress,
  dealerPassword,
  insurerAddress,
  jonas,
  strangerAddress,
  strangerPassword,
} from './people.ts'
import { arrived, expect, type Sample, since, waitsFor } from './sample.ts'
import { openPgpSample } from './sample-openpgp.ts'
import { sendMail } from './smtp-client.ts'
import type { Site } from './start-site.ts'

/** Mail of our staff, and what each of the people outside can make of it. */
export const outboundSamples: readonly Sample[] = [
  {
    name: 'to a client with an S/MIME certificate',
    direction: 'outbound',
    async run(site) {
      const isNew = since(site)
      const reply = await write(
        site,
        [builderAddress],
        'Ihr Steuerbescheid',
        'Der Bescheid ist da: 1.234 EUR.',
      )
      const mail = await arrived(site, builderAddress, isNew)
      expect(!mail.content.includes('1.234 EUR'), 'the text is readable on the way')
      const { text, proof } = await openSmime(site, mail)
      expect(text.includes('1.234 EUR'), 'the decrypted mail has another text')
      return { reply, outcome: `S/MIME, decrypted with the client's key, ${proof}` }
    },
  },
  openPgpSample,
  {
    name: 'to a client with a PDF password',
    direction: 'outbound',
    async run(site) {
      await setPassword(site, dealerAddress, dealerPassword)
      const isNew = since(site)
      const table = 'Monat;Netto\r\nJuli;2.345 EUR\r\n'
      const attachment = { fileName: 'Juli.csv', content: table, type: 'text/csv' }
      const letter = 'Netto sind es 2.345 EUR, siehe Anlage.'
      const reply = await write(site, [dealerAddress], 'Ihre Lohnabrechnung', letter, attachment)
      const mail = await arrived(site, dealerAddress, isNew)
      expect(!mail.content.includes('2.345 EUR'), 'the text is readable on the way')
      const { text, proof, attachments } = await openPdf(site, mail, dealerPassword, 'password')
      expect(text.includes(letter), 'the opened PDF has another text')
      expect(attachments.get('Juli.csv')?.toString() === table, 'the attachment in the PDF is another one')
      return { reply, outcome: `PDF: ${proof}` }
    },
  },
  {
    name: 'to a TLS-only partner',
    direction: 'outbound',
    needsMx: true,
    async run(site) {
      const isNew = since(site)
      const reply = await write(site, [insurerAddress], 'Schaden 4711', 'Anbei die Meldung.')
      const mail = await arrived(site, insurerAddress, isNew)
      expect(mail.secure, 'it came without TLS')
      const { text, proof } = await verifySignature(site, mail.content)
      expect(text.includes('Anbei die Meldung.'), 'the text is not the one that was sent')
      return { reply, outcome: `readable, over verified TLS; ${proof}` }
    },
  },
  {
    name: 'to a TLS-only partner whose host offers no TLS',
    direction: 'outbound',
    needsMx: true,
    async run(site) {
      const reply = await write(site, [carelessAddress], 'Police', 'Vertraulich.')
      const reason = await waitsFor(site, carelessAddress, /TLS/)
      expect(
        !site.received().some(({ recipient }) => recipient === carelessAddress),
        'it arrived in the clear',
      )
      return { reply, outcome: `nothing is sent in the clear; waits in the queue: ${reason}` }
    },
  },
  {
    name: 'to an unknown client, who then chooses a password',
    direction: 'outbound',
    async run(site) {
      const isNew = since(site)
      const reply = await write(site, [strangerAddress], 'Willkommen', 'Ihre Mandatsnummer ist 8912.')
      const reason = await waitsFor(site, strangerAddress, /4\.7\.1/)
      expect(!site.received().some(({ recipient }) => recipient === strangerAddress), 'it arrived too early')
      await setPassword(site, strangerAddress, strangerPassword)
      const mail = await arrived(site, strangerAddress, isNew)
      const { text, proof } = await openPdf(site, mail, strangerPassword, 'unknown-client')
      expect(text.includes('8912'), 'the opened PDF has another text')
      const retried = site
        .events()
        .some((each) => each.event === 'queue-retried' && each.recipient === strangerAddress)
      expect(retried, 'the gateway did not ask Postfix to try again')
      return { reply, outcome: `waited (${hopReply(reason)}), then PDF: ${proof}` }
    },
  },
  {
    name: 'to four recipients with four treatments',
    direction: 'outbound',
    needsMx: true,
    async run(site) {
      const isNew = since(site)
      const all = [builderAddress, dealerAddress, insurerAddress, jonas]
      const reply = await write(site, all, 'Rundschreiben', 'Neue Frist: 31. Juli.')
      const [builderMail, dealerMail, insurerMail, jonasMail] = await Promise.all(
        all.map((recipient) => arrived(site, recipient, isNew)),
      )
      expect(!!builderMail && !!dealerMail && !!insurerMail && !!jonasMail, 'not all four arrived')
      const smime = await openSmime(site, builderMail)
      const pdf = await openPdf(site, dealerMail, dealerPassword, 'four-recipients')
      expect(smime.text.includes('31. Juli') && pdf.text.includes('31. Juli'), 'the text is another one')
      expect(insurerMail.secure, 'not over TLS')
      for (const mail of [insurerMail, jonasMail]) {
        expect(
          (await verifySignature(site, mail.content)).text.includes('31. Juli'),
          'the text is another one',
        )
      }
      return { reply, outcome: 'S/MIME; PDF; over TLS; in the clear in the house; all signed' }
    },
  },
  {
    name: 'to a colleague',
    direction: 'outbound',
    async run(site) {
      const isNew = since(site)
      const reply = await write(site, [jonas], 'Mittag', 'Um zwoelf unten?')
      const mail = await arrived(site, jonas, isNew)
      const { text, proof } = await verifySignature(site, mail.content)
      expect(text.includes('Um zwoelf unten?'), 'the text is another one')
      return { reply, outcome: `in the clear, it does not leave the house; ${proof}` }
    },
  },
]

async function write(
  site: Site,
  to: readonly string[],
  subject: string,
  text: string,
  attachment?: Letter['attachment'],
): Promise<string> {
  const from = `Anna Weber <${anna}>`
  const message = await compose({ from, to, subject, text, ...(attachment ? { attachment } : {}) })
  const { reply } = await sendMail({
    port: site.postfix.ports.submission,
    sender: anna,
    recipients: to,
    message,
  })
  expect(reply.code === 250, `Postfix did not take the mail: ${reply.text}`)
  return reply.text
}

async function setPassword(site: Site, address: string, password: string): Promise<void> {
  const { status, stderr } = await site.command(['password', 'set', address], `${password}\n`)
  expect(status === 0, `password set ended with status ${status}: ${stderr}`)
}

/** The part of Postfix's delay reason that the gateway said. */
function hopReply(reason: string): string {
  return /4\d\d .*?(?= \(in reply)/.exec(reason)?.[0] ?? reason
}
