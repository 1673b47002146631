import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { arrivedParts, textOf } from '../../src/demonstration/attachments.ts'
import { compose, docxType, type Letter, wordFile } from '../../src/demonstration/compose.ts'
import {
  anna,
  builder,
  dealerAddress,
  firstContact,
  insurerAddress,
  type Sender,
} from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { arrived, since, waitsFor } from '../../src/demonstration/sample.ts'
import { signedByDomain } from '../../src/demonstration/sender-records.ts'
import { type Reply, sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

const letter = { to: [anna], subject: 'Anfrage', text: 'Haben Sie einen Termin frei?' }

// The tests follow each other: what is taken down stays down.
describe.skipIf(noSite)(`while a part of the house is down${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()

  async function send(changes: Partial<Letter> = {}, sender: Sender = firstContact): Promise<Reply> {
    const domain = site().sendingDomains.get(sender.domain)
    if (!domain) throw new Error('the demonstration has lost a sender')
    const from = `info@${sender.domain}`
    const message = await signedByDomain(await compose({ ...letter, from, ...changes }), domain)
    const client = { address: domain.clientAddress, name: domain.hostName }
    const { port, recipients } = { port: site().postfix.ports.inbound, recipients: [anna] }
    return (await sendMail({ port, client, sender: from, recipients, message })).reply
  }

  const happened = (event: string, after: number) =>
    pollUntil(`the gateway logs ${event}`, () =>
      site()
        .events()
        .slice(after)
        .find((each) => each.event === event),
    )

  test('with all parts up the mail is taken', async () => {
    expect((await send()).text).toMatch(/^250 /)
  })

  test('a policy file that is put into the folder works without a restart', async () => {
    const before = site().events().length
    const block = `block:\n  - sender: ${firstContact.domain}\n    reason: test\n`
    writeFileSync(join(site().folders.policies, '50-block.yaml'), block)
    await happened('policy-loaded', before)
    expect((await send()).text).toMatch(/^550-5\.7\.1 /)
  })

  test('a broken edit leaves the last good policies in force, loudly', async () => {
    const before = site().events().length
    writeFileSync(join(site().folders.policies, '50-block.yaml'), 'block:\n  - sendr: nobody.example\n')
    const problem = await happened('policy-problem', before)
    expect(JSON.stringify(problem)).toContain('50-block.yaml')
    expect((await send()).text).toMatch(/^550-5\.7\.1 /)
  })

  test('when the file is gone, the sender is welcome again', async () => {
    const before = site().events().length
    rmSync(join(site().folders.policies, '50-block.yaml'))
    await happened('policy-loaded', before)
    expect((await send()).text).toMatch(/^250 /)
  })

  test('without the converter a Word file is held and said so, and a PDF mail waits in the queue', async () => {
    const password = await site().command(['password', 'set', dealerAddress], 'Kirschbaum-47-Leiter\n')
    expect(password.status).toBe(0)
    await site().converter.stop()
    const isNew = since(site())
    const word = Buffer.from(wordFile(['Text']))
    const attachment = { fileName: 'Brief.docx', content: word, type: docxType }
    expect((await send({ attachment })).text).toMatch(/^250 /)
    const mail = await arrived(site(), anna, isNew)
    expect(arrivedParts(mail.content).some(({ bytes }) => bytes.equals(word))).toBe(false)
    expect(textOf(arrivedParts(mail.content))).toContain('Brief.docx')
    const message = await compose({ from: anna, to: [dealerAddress], subject: 'x', text: 'Vertraulich.' })
    const { port, recipients } = { port: site().postfix.ports.submission, recipients: [dealerAddress] }
    expect((await sendMail({ port, sender: anna, recipients, message })).reply.code).toBe(250)
    expect(await waitsFor(site(), dealerAddress, / 4\d\d /)).toMatch(/4\.\d+\.\d+/)
    expect(
      site()
        .received()
        .filter(({ recipient }) => recipient === dealerAddress),
    ).toEqual([])
  })

  test('while the name server is broken a sender who cannot be checked is asked to come again', async () => {
    const zone = site().dns.zone()
    const names = ['', '_dmarc.', 'demo._domainkey.'].map((prefix) => `${prefix}${firstContact.domain}`)
    site().dns.replaceZone({
      ...zone,
      ...Object.fromEntries(names.map((name) => [name, 'servfail' as const])),
    })
    expect((await send()).text).toMatch(/^451-4\.(4\.3|7\.24) /)
    site().dns.replaceZone(zone)
    expect((await send()).text).toMatch(/^250 /)
  })

  test('while the gateway is stopped nothing is taken from outside, and a TLS partner gets nothing in the clear', async () => {
    await site().stopGateway('SIGTERM')
    expect((await send({}, builder)).text).toMatch(/^451 4\.7\.1 /)
    // Mail that no longer passes the gateway, such as a notice: only the TLS policy stands between it and the host.
    const message = await compose({ from: anna, to: [insurerAddress], subject: 'x', text: 'Vertraulich.' })
    const { port, recipients } = { port: site().postfix.ports.notices, recipients: [insurerAddress] }
    expect((await sendMail({ port, sender: anna, recipients, message })).reply.code).toBe(250)
    expect(await waitsFor(site(), insurerAddress, /./)).toMatch(/TLS|4\.7\.5/)
    await site().startGateway()
    const mail = await arrived(site(), insurerAddress)
    expect(mail.secure).toBe(true)
  })

  test('without the virus scanner nothing is taken', async () => {
    await site().clamd.child.stop()
    expect((await send({ text: 'ohne Scanner' }, builder)).text).toMatch(/^451-4\.3\.0 /)
    expect(
      site()
        .received()
        .some(({ content }) => content.includes('ohne Scanner')),
    ).toBe(false)
  })
})
