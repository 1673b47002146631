import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  anna,
  builder,
  builderAddress,
  firstContact,
  jonas,
  ownDomain,
} from '../../src/demonstration/people.ts'
import { arrived, since } from '../../src/demonstration/sample.ts'
import { signedByDomain } from '../../src/demonstration/sender-records.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

const client = `info@${firstContact.domain}`
const reason = ['--reason', 'called and is known', '--by', 'anna']
const crlf = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n`

// The tests follow each other.
describe.skipIf(noSite)(`the memory of correspondents${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await site().command(args)
    return { status, stdout: stdout.toString(), stderr }
  }
  const json = async (...args: string[]) => {
    const { stdout, stderr } = await run(...args, '--json')
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }
  let messageId = ''

  const write = (from: string, to: string, ...lines: readonly string[]) =>
    sendMail({
      port: site().postfix.ports.submission,
      sender: from,
      recipients: [to],
      message: crlf(`From: ${from}`, `To: ${to}`, 'Subject: Hallo', ...lines, '', 'Guten Tag.'),
    })
  const signed = (...lines: readonly string[]) =>
    signedByDomain(Buffer.from(crlf(...lines)), senderOf(site()))
  const bounce = async (...fields: readonly string[]) =>
    sendMail({
      port: site().postfix.ports.inbound,
      client: { address: firstContact.clientAddress, name: senderOf(site()).hostName },
      sender: '',
      recipients: [anna],
      message: await signed(
        `From: MAILER-DAEMON@${firstContact.domain}`,
        `To: ${anna}`,
        'Subject: Undelivered Mail Returned to Sender',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
        '',
        ...['--b', '', 'It could not be delivered.', '--b', 'Content-Type: text/rfc822-headers', ''],
        ...[...fields, '--b--'],
      ),
    })

  test('a mail of ours leaves with a Message-ID, also where its author gave it none', async () => {
    const inTheClear = `outbound:\n  ${client}:\n    protection: [none]\n`
    writeFileSync(join(site().folders.policies, '60-client.yaml'), inTheClear)
    expect((await run('reload')).status).toBe(0)
    const isNew = since(site())
    expect((await write(anna, client)).reply.code).toBe(250)
    const mail = await arrived(site(), client, isNew)
    const ids = mail.content.toString('latin1').match(/^Message-ID: *(<[^>\r\n]+>)/gim) ?? []
    expect(ids).toHaveLength(1)
    messageId = ids[0]?.slice(ids[0].indexOf('<')) ?? ''
    await expect.poll(async () => (await json('trust', 'show', client)).tokens).toBe(1)
    expect(await json('trust', 'show', client)).toMatchObject({
      relation: { address: expect.closeTo(1) },
      writers: 1,
    })
  })

  test('an answer is known as one, and said to be one', async () => {
    const sender = senderOf(site())
    const isNew = since(site())
    const message = await signed(
      ...[`From: ${client}`, `To: ${anna}`, 'Subject: Re: Hallo', `Date: ${new Date().toUTCString()}`],
      ...['Message-ID: <a@pc.example>', `In-Reply-To: ${messageId}`, '', 'Danke.'],
    )
    expect((await sendFrom(site(), sender, message)).code).toBe(250)
    const { content } = await arrived(site(), anna, isNew)
    expect(content.toString('latin1')).toMatch(/^X-Postsiegel-Trust: \+\d\d/m)
    expect((await json('trust', 'show', client)).history.seen).toMatchObject({ signed: true, spf: true })
  })

  test('a bounce of our mail arrives, one of mail that others sent in our name is refused', async () => {
    expect((await bounce(`Message-ID: ${messageId}`, `From: ${anna}`)).reply.code).toBe(250)
    const forged = await bounce(`Message-ID: <1@${ownDomain}>`, `From: ${anna}`)
    expect(forged.reply).toMatchObject({ code: 550, text: expect.stringContaining('5.7.1') })
    expect((await bounce('Subject: nothing is named')).reply.code).toBe(550)
  })

  test('who was refused gets in with the reference that he names on the telephone', async () => {
    const policy = `inbound:\n  ${jonas}:\n    acceptFrom: 40\n    refuseBelow: 40\n`
    writeFileSync(join(site().folders.policies, '60-jonas.yaml'), policy)
    expect((await run('reload')).status).toBe(0)
    const sender = senderOf(site(), builder)
    const letter = async (subject: string) =>
      letterFrom(sender, { from: `neu@${builder.domain}`, to: [jonas], subject })
    const refused = await sendFrom(site(), sender, await letter('first'), [jonas])
    expect(refused.code).toBe(550)
    const reference = /Ref\. (\w{4}-\w{4}-\w{4})/.exec(refused.text)?.[1] ?? ''
    expect((await run('trust', 'heal', 'K7Q2-0000-0000', ...reason)).status).toBe(1)
    expect(await run('trust', 'heal', reference)).toMatchObject({ status: 2 })
    const healed = await run('trust', 'heal', reference, ...reason)
    expect(healed).toMatchObject({ status: 0, stdout: expect.stringContaining('next try') })
    expect((await sendFrom(site(), sender, await letter('second'), [jonas])).code).toBe(250)
    expect((await run('hold', 'log')).stdout).toMatch(new RegExp(`${reference} +refusal-healed +anna`))
  })

  test('a number of points that somebody gives by hand counts from then on', async () => {
    const set = await run('trust', 'set', `neu@${builder.domain}`, '--points=-20', ...reason)
    expect(set.status).toBe(0)
    expect((await json('allow', 'list')).map(({ points }: { points: number }) => points)).toContain(-20)
  })

  test('everything about an address is given to whom it belongs, and erased when he wants it', async () => {
    const before = await json('gdpr', 'export', client)
    expect(before.memory.writers).toBe(1)
    expect(before.decisions.length).toBeGreaterThanOrEqual(2)
    expect((await run('gdpr', 'erase', client)).status).toBe(2)
    const erased = await run('gdpr', 'erase', client, ...reason)
    expect(erased).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Erased: [1-9]\d* rows/) })
    const after = await json('gdpr', 'export', client)
    expect(after).toMatchObject({ memory: { writers: 0, tokens: 0 }, decisions: [] })
    expect(await run('trust', 'forget', client, ...reason)).toMatchObject({ status: 1 })
    expect((await run('trust', 'show', builderAddress)).stdout).toMatch(/^we wrote/m)
    expect((await run('trust', 'show')).stdout).toContain('trust.clearText')
  })
})
