import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anna, firstContact } from '../../src/demonstration/people.ts'
import { socketsOf } from '../../src/demonstration/site-files.ts'
import { type FakeClamd, startFakeClamd } from '../support/fake-clamd.ts'
import { MilterPeer, postfixOffer } from '../support/milter-peer.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

const patience = { timeout: 60_000 }

/** The scanner of this house answers when it is told to: so a message is in hand for as long as we like. */
describe.skipIf(noSite)(`a message in hand${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  let scanner: FakeClamd
  beforeAll(async () => {
    await site().clamd.child.stop()
    scanner = await startFakeClamd(site().clamd.socket, undefined)
  })
  afterAll(() => scanner?.[Symbol.asyncDispose]())

  const letter = (text: string) => letterFrom(senderOf(site()), { text })
  const arrivals = (text: string) =>
    site()
      .received()
      .filter(({ content }) => content.includes(text)).length

  test('is finished by a gateway that is told to stop, while new mail is asked to come again', async () => {
    const before = scanner.asked
    const reply = sendFrom(site(), senderOf(site()), await letter('in der Hand'))
    await expect.poll(() => scanner.asked, patience).toBe(before + 1)
    const stopped = site().stopGateway('SIGTERM')
    const stopping = () =>
      site()
        .events()
        .some(({ event }) => event === 'stopping')
    await expect.poll(stopping, patience).toBe(true)
    expect((await sendFrom(site(), senderOf(site()), await letter('zu spät'))).text).toMatch(/^451 4\.7\.1 /)
    scanner.say('stream: OK\0')
    expect((await reply).text).toMatch(/^250 /)
    await stopped
    // Postfix asks us for the TLS policy of each next hop: delivered is what was taken when we are back.
    await site().startGateway()
    await site().postfix.flush()
    await expect.poll(() => arrivals('in der Hand'), patience).toBe(1)
  })

  test('goes its way when the client leaves behind the final dot, and the next one as well', async () => {
    const before = scanner.asked
    const socket = connect(site().postfix.ports.inbound, '127.0.0.1')
    await once(socket, 'data')
    const { clientAddress, hostName, domain } = senderOf(site())
    for (const line of [
      'EHLO client.example',
      `XCLIENT NAME=${hostName} ADDR=${clientAddress}`,
      `EHLO ${hostName}`,
      `MAIL FROM:<info@${domain}>`,
      `RCPT TO:<${anna}>`,
      'DATA',
    ]) {
      socket.write(`${line}\r\n`)
      await once(socket, 'data')
    }
    socket.write(`${await letter('aufgelegt')}.\r\n`)
    await expect.poll(() => scanner.asked, patience).toBe(before + 1)
    socket.destroy()
    scanner.say('stream: OK\0')
    // RFC 5321 4.5.3.2.6: a client that hears no reply sends again. Twice is better than not at all.
    await expect.poll(() => arrivals('aufgelegt'), patience).toBe(1)
    const next = sendFrom(site(), senderOf(site()), await letter('der Nächste'))
    await expect.poll(() => scanner.asked, patience).toBe(before + 2)
    scanner.say('stream: OK\0')
    expect((await next).text).toMatch(/^250 /)
  })

  /** What Postfix would tell, without what it adds: for local clients it writes a From field that is missing. */
  async function tell(fields: readonly (readonly [name: string, value: string])[]): Promise<MilterPeer> {
    const peer = new MilterPeer(connect(socketsOf(site().folders).inbound))
    const empty = Buffer.alloc(0)
    await peer.ask(postfixOffer)
    peer.send(
      { kind: 'connect', hostName: 'mx', family: 'inet', port: 25, address: firstContact.clientAddress },
      { kind: 'helo', name: 'mx.anderswo.example' },
      { kind: 'mail', address: `<info@${firstContact.domain}>`, parameters: [] },
      { kind: 'recipient', address: `<${anna}>`, parameters: [] },
      { kind: 'data' },
      ...fields.map(([name, value]) => ({ kind: 'header', name, value }) as const),
      { kind: 'endOfHeader' },
      { kind: 'body', chunk: Buffer.from('Guten Tag.\r\n') },
      { kind: 'endOfMessage', chunk: empty },
    )
    return peer
  }

  test('without an author is refused for good, with a reason', async () => {
    const before = scanner.asked
    const peer = await tell([['Subject', ' ohne Absender']])
    await expect.poll(() => scanner.asked, patience).toBe(before + 1)
    scanner.say('stream: OK\0')
    let answer = await peer.answer()
    // Whatever is said to the commands before: the answer to the end of a message is one of these.
    while (!'atry'.includes(answer.command)) answer = await peer.answer()
    peer.close()
    expect(answer.command).toBe('y')
    expect(answer.data.toString('latin1')).toMatch(/^5\d\d[ -]5\.\d+\.\d+ \S/)
  })

  test('is dropped when Postfix itself leaves, and nothing is decided about it', async () => {
    const before = scanner.asked
    const decided = () =>
      site()
        .events()
        .filter(({ event }) => event === 'decided').length
    const decidedBefore = decided()
    const peer = await tell([
      ['From', ` <info@${firstContact.domain}>`],
      ['Subject', ' aufgegeben'],
    ])
    await expect.poll(() => scanner.asked, patience).toBe(before + 1)
    peer.close()
    // Asking a scanner that hangs is given up: the rest is told all the same.
    const status = async () => (await site().command(['status'])).stdout.toString()
    await expect.poll(status, patience).toMatch(/connections +inbound 0,/)
    expect(await status()).toMatch(/scanner +not ready/)
    scanner.say('stream: OK\0')
    const asked = scanner.asked
    const next = sendFrom(site(), senderOf(site()), await letter('danach'))
    await expect.poll(() => scanner.asked, patience).toBe(asked + 1)
    scanner.say('stream: OK\0')
    expect((await next).text).toMatch(/^250 /)
    expect(decided()).toBe(decidedBefore + 1)
  })
})
