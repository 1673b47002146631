import { describe, expect, test } from 'vitest'
import { anna, builder, firstContact, type Sender } from '../../src/demonstration/people.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

const passing = { '2.0.0.127.bl.example': { A: ['127.0.0.2'] } }
const testList = {
  name: 'Test list',
  zone: 'bl.example',
  of: 'addresses',
  codes: { '127.0.0.2-9': 'strong' },
  url: 'https://bl.example/?q={subject}',
}

describe.skipIf(noSite)(`senders on lists, before a real Postfix${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests({ zone: passing, settings: { lists: [testList] } })
  const send = async (text: string, who: Sender = firstContact) =>
    sendFrom(site(), senderOf(site(), who), await letterFrom(senderOf(site(), who), { text }))
  const list = (address: string, answer: string) =>
    site().dns.replaceZone({
      ...site().dns.zone(),
      [`${address.split('.').reverse().join('.')}.bl.example`]: { A: [answer] },
    })
  const command = async (...args: string[]) => {
    const { status, stdout, stderr } = await site().command(args)
    return { status, text: `${stdout}${stderr}` }
  }
  const arrivals = (text: string) =>
    site()
      .received()
      .filter(({ content }) => content.includes(text)).length

  for (const [what, entry] of [
    ['a server', firstContact.clientAddress],
    ['a network', `${firstContact.clientAddress}/24`],
    ['a sender’s domain', firstContact.domain],
  ] as const) {
    test(`${what} that was blocked by command is refused at RCPT with our reference, until it is not`, async () => {
      const added = await command('block', 'add', entry, '--reason', 'a test', '--by', 'ann')
      expect(added, added.text).toMatchObject({ status: 0 })
      const sender = senderOf(site())
      const { reply, recipients } = await sendMail({
        port: site().postfix.ports.inbound,
        client: { address: sender.clientAddress, name: sender.hostName },
        sender: `info@${sender.domain}`,
        recipients: [anna],
        // A client that was let on to DATA would show it by the reply to the end of its message.
        message: 'Subject: x\r\n\r\nnever sent',
      })
      expect(recipients[0]?.reply).toEqual(reply)
      expect(reply.text).toMatch(/^550-5\.7\.1 /)
      const reference = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(reply.text)?.[0] ?? ''
      const explained = await command('explain', reference)
      expect(explained.text).toContain(anna)
      expect(explained.text).toContain('block list')
      expect((await command('block', 'list')).text).toMatch(/ann: a test/)
      const removed = await command('block', 'remove', entry, '--reason', 'the test is over')
      expect(removed, removed.text).toMatchObject({ status: 0 })
      expect((await send(what)).text).toMatch(/^250 /)
    })
  }

  test('each change of the lists is on record', async () => {
    const { text } = await command('hold', 'log')
    expect(text).toMatch(/block-added +ann: a test/)
    expect(text).toMatch(/block-removed/)
  })

  test('a server on a strong list is refused at the end of the message, and told where to read why', async () => {
    const { clientAddress } = firstContact
    list(clientAddress, '127.0.0.4')
    // What was asked for the mails before is forgotten after seconds.
    await expect
      .poll(async () => (await send('gelistet')).code, { timeout: 60_000, interval: 1000 })
      .toBe(550)
    expect((await send('gelistet')).text).toContain(`https://bl.example/?q=${clientAddress}`)
    const decided = site()
      .events()
      .findLast(({ event }) => event === 'decided')
    expect(JSON.stringify(decided?.signals)).toContain('-60')
  })

  test('a list that begins to answer with error codes refuses nobody, and the status says so', async () => {
    list(builder.clientAddress, '127.255.255.254')
    expect((await send('Fehler', builder)).text).toMatch(/^250 /)
    await expect.poll(() => arrivals('Fehler'), { timeout: 60_000 }).toBe(1)
    expect((await command('status')).text).toMatch(/Test list: OFF since .*127\.255\.255\.254/)
    expect(site().events()).toContainEqual(
      expect.objectContaining({ event: 'dns-list', list: 'Test list', state: 'off' }),
    )
  })
})
