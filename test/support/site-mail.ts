import { compose, type Letter } from '../../src/demonstration/compose.ts'
import { anna, firstContact, type Sender } from '../../src/demonstration/people.ts'
import { type SendingDomain, signedByDomain } from '../../src/demonstration/sender-records.ts'
import { type Reply, sendMail } from '../../src/demonstration/smtp-client.ts'
import type { Site } from '../../src/demonstration/start-site.ts'

/** What the author's own host puts on the wire: composed and signed with the domain's DKIM key. */
export async function letterFrom(sender: SendingDomain, letter: Partial<Letter>): Promise<Buffer> {
  const from = `info@${sender.domain}`
  return signedByDomain(
    await compose({ from, to: [anna], subject: 'Anfrage', text: 'Guten Tag.', ...letter }),
    sender,
  )
}

/** Hands a message over as the sender's own host does. */
export async function sendFrom(
  site: Site,
  sender: SendingDomain,
  message: string | Uint8Array,
  recipients: readonly string[] = [anna],
): Promise<Reply> {
  const { reply } = await sendMail({
    port: site.postfix.ports.inbound,
    client: { address: sender.clientAddress, name: sender.hostName },
    sender: `info@${sender.domain}`,
    recipients,
    message,
  })
  return reply
}

/** One of the demonstration's senders outside. */
export function senderOf(site: Site, { domain }: Sender = firstContact): SendingDomain {
  const sender = site.sendingDomains.get(domain)
  if (!sender) throw new Error(`${domain} is not in the demonstration`)
  return sender
}

/** A mail of our staff, which Postfix takes before the gateway sees it. */
export async function writeTo(
  site: Site,
  recipients: readonly string[],
  text: string,
  port: number = site.postfix.ports.submission,
): Promise<Reply> {
  const message = await compose({ from: anna, to: recipients, subject: 'Nachricht', text })
  return (await sendMail({ port, sender: anna, recipients, message })).reply
}
