import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { anna, firstContact } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

const messages = 500
const senders = 8

interface Author {
  readonly address: string
  /** The client address that the author's domain names in its SPF record. */
  readonly client?: { readonly address: string }
}
const staff: Author = { address: anna }
const outside: Author = {
  address: `info@${firstContact.domain}`,
  client: { address: firstContact.clientAddress },
}

const text = (author: Author, name: string) =>
  [
    `From: <${author.address}>`,
    `To: <jonas@kanzlei-muster.example>`,
    `Subject: ${name}`,
    '',
    'Text',
    '',
  ].join('\r\n')

describe.skipIf(noSite)(`the gateway is killed (SIGKILL)${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()

  /** Sends to a mailbox of ours and gives the names of the messages that Postfix answered with 250. */
  async function sendMany(
    author: Author,
    port: number,
    prefix: string,
    onSent: (count: number) => void,
  ): Promise<Set<string>> {
    const taken = new Set<string>()
    let next = 0
    const sender = async () => {
      while (next < messages) {
        next += 1
        const name = `${prefix}-${next}`
        onSent(next)
        // A connection that breaks was no 250: the client would try again.
        const result = await sendMail({
          port,
          ...(author.client ? { client: author.client } : {}),
          sender: author.address,
          recipients: [`jonas.${name}@kanzlei-muster.example`],
          message: text(author, name),
        }).catch(() => undefined)
        if (result?.reply.code === 250) taken.add(name)
        // Nothing else than "try again later" may come of it.
        else if (result) expect(result.reply.text).toMatch(/^4\d\d /)
      }
    }
    await Promise.all(Array.from({ length: senders }, sender))
    return taken
  }

  const arrivedNames = (prefix: string) =>
    new Set(
      site()
        .received()
        .map(({ recipient }) => recipient.slice('jonas.'.length, recipient.indexOf('@')))
        .filter((name) => name.startsWith(prefix)),
    )

  test('during a run of 500 messages of our staff, and every one that got a 250 arrives', async () => {
    let killed: Promise<void> | undefined
    const taken = await sendMany(staff, site().postfix.ports.submission, 'out', (count) => {
      if (count === messages / 2) {
        killed = site()
          .stopGateway('SIGKILL')
          .then(() => site().startGateway())
      }
    })
    await killed
    // The submission port needs no gateway: all were taken, and the hop made them wait.
    expect(taken.size).toBe(messages)
    expect(readFileSync(site().postfix.log, 'utf8')).toMatch(/postfix\/hop.*status=deferred/)
    await pollUntil('all have arrived', () => arrivedNames('out').size >= taken.size, 150_000)
    expect([...taken].filter((name) => !arrivedNames('out').has(name))).toEqual([])
    // What arrived came through the gateway: it is signed.
    const unsigned = site()
      .received()
      .filter(({ content }) => !content.includes('multipart/signed'))
    expect(unsigned.map(({ recipient }) => recipient)).toEqual([])
  })

  test('during a run of 500 messages from outside, which are taken and arrive or are told to come again', async () => {
    let killed: Promise<void> | undefined
    const taken = await sendMany(outside, site().postfix.ports.inbound, 'in', (count) => {
      if (count === messages / 2) {
        killed = site()
          .stopGateway('SIGKILL')
          .then(() => site().startGateway())
      }
    })
    await killed
    expect(taken.size).toBeGreaterThan(0)
    expect(taken.size).toBeLessThan(messages)
    await pollUntil('all taken ones have arrived', () => arrivedNames('in').size >= taken.size, 60_000)
    expect([...taken].filter((name) => !arrivedNames('in').has(name))).toEqual([])
  })
})
