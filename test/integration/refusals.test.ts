import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anna, forgerAddress, ownDomain } from '../../src/demonstration/people.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

const crlf = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n`

// The tests follow each other.
describe.skipIf(noSite)(`what a sender is told${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const policies = (name: string, text: string) => {
    writeFileSync(join(site().folders.policies, name), text)
    return site().command(['reload'])
  }
  /** From a host without a name or any proof. */
  const send = async (from: string, subject: string, sender = from) => {
    const { reply } = await sendMail({
      port: site().postfix.ports.inbound,
      client: { address: forgerAddress, name: '[UNAVAILABLE]' },
      sender,
      recipients: [anna],
      message: crlf(`From: ${from}`, `To: ${anna}`, `Subject: ${subject}`, '', 'Guten Tag.'),
    })
    return { code: reply.code, text: reply.text, lines: reply.text.split('\n') }
  }

  test('stands in both languages on short lines, with reference, number and telephone, and can be looked up', async () => {
    const { code, lines, text } = await send(`chef@${ownDomain}`, 'Dringend')
    expect(code).toBe(550)
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(index === lines.length - 1 ? /^550 5\.7\.26 \S/ : /^550-5\.7\.26 \S/)
      expect(line.length).toBeLessThanOrEqual(110)
    }
    const reference = /Ref\. (\S+) Code 22$/.exec(lines[0] ?? '')?.[1] ?? ''
    expect(lines.at(-1)?.endsWith(`Ref. ${reference} Code 22`)).toBe(true)
    expect(text).toMatch(/Grund: .*\n(.*\n)*.*Reason: /)
    const { stdout } = await site().command(['explain', reference, '--json'])
    const { trust } = JSON.parse(stdout.toString())
    const sum = trust.signals.reduce((total: number, { points }: { points: number }) => total + points, 0)
    expect(sum).toBe(trust.score)
  })

  test('stands in the order that the policy wants', async () => {
    const rule = `inbound:\n  ${anna}:\n    languages: [en, de]\n    telephone: +49 30 5550 7\n`
    expect((await policies('60-anna.yaml', rule)).status).toBe(0)
    const { lines, text } = await send(`chef@${ownDomain}`, 'Dringend')
    expect(lines[0]).toContain('REJECTED: ')
    expect(lines.at(-1)).toContain('NICHT ANGENOMMEN')
    expect(text).toContain('+49 30 5550 7')
  })

  test('is to come again, for whom nothing speaks, and again as long as he does not wait', async () => {
    const stranger = 'info@ohne-alles.example'
    const { code, text } = await send(stranger, 'Angebot')
    // No reverse name, no proof: -18.
    expect([code, text.slice(0, 10)]).toEqual([451, '451-4.7.1 '])
    expect(text).toContain('in 5 Minuten')
    expect((await send(stranger, 'Angebot')).code).toBe(451)
  })

  test('is that a report on a mail that was never ours is not wanted', async () => {
    const { code, text } = await send('MAILER-DAEMON@ohne-alles.example', 'Undeliverable', '')
    expect([code, text.slice(0, 10)]).toEqual([550, '550-5.7.1 '])
    expect(text).toContain('Code 23')
  })

  test('is nothing where a machine of ours stands in the policy, or the domain of a service that signs', async () => {
    const { domain } = senderOf(site())
    const rules = [
      'ownDomain:',
      `  - { sender: ${forgerAddress}, reason: scanner }`,
      `  - { sender: ${domain}, reason: payroll }`,
    ]
    expect((await policies('60-own.yaml', `${rules.join('\n')}\n`)).status).toBe(0)
    expect((await send(`scanner@${ownDomain}`, 'Scan')).code).toBe(250)
    const letter = await letterFrom(senderOf(site()), { from: `lohn@${ownDomain}`, subject: 'Abrechnung' })
    expect((await sendFrom(site(), senderOf(site()), letter)).code).toBe(250)
  })
})
