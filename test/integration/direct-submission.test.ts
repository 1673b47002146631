import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compose } from '../../src/demonstration/compose.ts'
import { freePorts } from '../../src/demonstration/free-ports.ts'
import { anna, builderAddress, jonas } from '../../src/demonstration/people.ts'
import { arrived } from '../../src/demonstration/sample.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

describe.skipIf(noSite)(
  `the outbound socket directly at a submission service${noSite ? ` (${noSite})` : ''}`,
  () => {
    const site = siteForTests()
    let port = 0

    /** Adds a listener without the hop through the queue, and has Postfix read its master.cf again. */
    async function directListener(): Promise<number> {
      const [port = 0] = await freePorts(1)
      const { configDirectory } = site().postfix
      appendFileSync(
        join(configDirectory, 'master.cf'),
        [
          `127.0.0.1:${port} inet n - n - - smtpd`,
          '  -o smtpd_milters=$postsiegel_outbound',
          '  -o smtpd_relay_restrictions=permit_mynetworks,reject',
          '  -o smtpd_recipient_restrictions=permit_mynetworks,reject',
          '',
        ].join('\n'),
      )
      const pidFile = join(site().folders.run, 'postfix', 'queue', 'pid', 'master.pid')
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGHUP')
      return port
    }

    test('sends a recipient with another treatment away for a second round, and both get theirs', async () => {
      port = await directListener()
      const message = await compose({ from: anna, to: [builderAddress, jonas], subject: 'x', text: 'Beide.' })
      const send = (recipients: readonly string[]) => sendMail({ port, sender: anna, recipients, message })
      await expect
        .poll(
          () =>
            send([]).then(
              ({ reply }) => reply.code,
              () => 0,
            ),
          { timeout: 60_000 },
        )
        .toBeGreaterThan(0)

      const first = await send([builderAddress, jonas])
      expect(first.reply.code).toBe(250)
      const replies = first.recipients.map(({ reply }) => reply.text)
      expect(replies[0]).toMatch(/^250 /)
      expect(replies[1]).toMatch(/^452 4\.5\.3 /)
      const encrypted = await arrived(site(), builderAddress)
      expect(encrypted.content.includes('Beide.')).toBe(false)
      expect(
        site()
          .received()
          .some(({ recipient }) => recipient === jonas),
      ).toBe(false)

      expect((await send([jonas])).reply.code).toBe(250)
      const clear = await arrived(site(), jonas)
      expect(clear.content.includes('Beide.')).toBe(true)
      expect(site().received()).toHaveLength(2)
    })

    test('takes recipients with the same treatment together', async () => {
      const colleagues = [jonas, 'dritte@kanzlei-muster.example']
      const message = await compose({ from: anna, to: colleagues, subject: 'x', text: 'Zusammen.' })
      const { recipients, reply } = await sendMail({ port, sender: anna, recipients: colleagues, message })
      expect(recipients.map((each) => each.reply.code)).toEqual([250, 250])
      expect(reply.code).toBe(250)
      for (const each of colleagues)
        await arrived(site(), each, ({ content }) => content.includes('Zusammen.'))
    })
  },
)
