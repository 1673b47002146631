import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { arrivedParts } from '../../src/demonstration/attachments.ts'
import { compose, docxType, wordFile } from '../../src/demonstration/compose.ts'
import { anna, builderAddress, firstContact } from '../../src/demonstration/people.ts'
import { signedByDomain } from '../../src/demonstration/sender-records.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { senderOf } from '../support/site-mail.ts'

const messages = 500
const kills = 3
const sessions = 6
const patience = { timeout: 120_000, interval: 300 }

/** Every fourth is ours to a client with S/MIME, three carry a Word file, all others come from outside. */
type Kind = 'outbound' | 'office' | 'inbound'
const kindOf = (index: number): Kind =>
  index % 4 === 0 ? 'outbound' : index % 125 === 25 ? 'office' : 'inbound'
/** Made once each: a zip file names the time of its making. */
const words = new Map<number, Buffer>()
function word(index: number): Buffer {
  const made = words.get(index) ?? Buffer.from(wordFile([`Blatt ${index}`]))
  words.set(index, made)
  return made
}

describe.skipIf(noSite)(
  `the gateway is killed (SIGKILL) again and again${noSite ? ` (${noSite})` : ''}`,
  () => {
    const site = siteForTests()

    async function messageOf(index: number) {
      const kind = kindOf(index)
      const letter = { subject: `Nummer ${index}`, text: `Inhalt ${index}.` }
      if (kind === 'outbound') {
        const message = await compose({ ...letter, from: anna, to: [builderAddress] })
        const { submission: port } = site().postfix.ports
        return { port, sender: anna, recipients: [builderAddress], message }
      }
      const from = senderOf(site())
      const sender = `info@${firstContact.domain}`
      const attachment = { fileName: `Blatt${index}.docx`, content: word(index), type: docxType }
      const withFile = kind === 'office' ? { attachment } : {}
      const recipients = [`person${index}@kanzlei-muster.example`]
      const composed = await compose({ ...letter, from: sender, to: recipients, ...withFile })
      const client = { address: from.clientAddress, name: from.hostName }
      const message = await signedByDomain(composed, from)
      return { port: site().postfix.ports.inbound, client, sender, recipients, message }
    }

    test('during a run of 500 messages: what got a 250 arrives, protected, and what is held comes once', async () => {
      // Nothing is released while we kill: whose release is cut off stays claimed for a quarter of an hour.
      const policies = join(site().folders.policies, '20-default.yaml')
      writeFileSync(policies, readFileSync(policies, 'utf8').replace(/hold: \w+/, 'hold: 1h'))
      expect((await site().command(['reload'])).status).toBe(0)

      const unsure = new Set<number>()
      let taken = 0
      let next = 0
      let restarting = Promise.resolve()
      /** Sends until there is a 250, as a mail server does; a connection that broke may have been one all the same. */
      const sendUntilTaken = async (index: number) => {
        const submission = await messageOf(index)
        for (;;) {
          const result = await sendMail(submission).catch(() => undefined)
          if (result?.reply.code === 250) return
          if (!result) unsure.add(index)
          expect(result?.reply.text ?? '4').toMatch(/^4/)
          await restarting
        }
      }
      const session = async () => {
        while (next < messages) {
          const index = next
          next += 1
          await sendUntilTaken(index)
          taken += 1
          if (taken % Math.floor(messages / (kills + 1)) === 0 && taken < messages) {
            restarting = restarting.then(async () => {
              await site().stopGateway('SIGKILL')
              await site().startGateway()
            })
          }
        }
      }
      await Promise.all(Array.from({ length: sessions }, session))
      await restarting
      expect(taken).toBe(messages)

      const arrivals = () => {
        const counts = new Map<number, number>()
        for (const { recipient, content } of site().received()) {
          if (content.includes('Auto-Submitted: auto-generated')) continue
          const number = /^Subject: Nummer (\d+)/m.exec(content.toString('latin1'))?.[1]
          expect(number, `something else arrived at ${recipient}`).toBeDefined()
          counts.set(Number(number), (counts.get(Number(number)) ?? 0) + 1)
        }
        return counts
      }
      await site().postfix.flush()
      await expect.poll(() => arrivals().size, patience).toBe(messages)
      await expect.poll(async () => (await site().postfix.queue()).length, patience).toBe(0)

      // Postfix keeps what we cut off and tries it again; only a client that saw no reply may have sent one twice.
      expect([...arrivals()].filter(([index, count]) => count > 1 && !unsure.has(index))).toEqual([])
      expect(readFileSync(site().postfix.log, 'utf8')).toMatch(/postfix\/hop.*status=deferred/)
      for (const { recipient, content } of site().received()) {
        if (recipient === builderAddress) {
          expect(content.includes('Inhalt'), 'a mail to the client went in the clear').toBe(false)
          expect(content.includes('application/pkcs7-mime')).toBe(true)
        } else {
          expect(content.includes('X-Postsiegel-Reference:'), 'a mail came in unjudged').toBe(true)
          expect(arrivedParts(content).some(({ fileName }) => fileName.endsWith('.docx'))).toBe(false)
        }
      }

      const { stdout } = await site().command(['hold', 'list', '--json'])
      const held = JSON.parse(stdout.toString()) as { id: string; fileName: string; state: string }[]
      const office = Array.from({ length: messages }, (_, index) => index).filter(
        (index) => kindOf(index) === 'office',
      )
      expect(held.map(({ fileName }) => fileName).sort()).toEqual(
        office.map((index) => `Blatt${index}.docx`).sort(),
      )
      for (const { id } of held) {
        expect((await site().command(['hold', 'release', id, '--reason', 'end of test'])).status).toBe(0)
      }
      const released = () =>
        site()
          .received()
          .filter(({ content }) => content.includes('Auto-Submitted: auto-generated'))
      await expect.poll(() => released().length, patience).toBeGreaterThanOrEqual(office.length)
      const originals = released().flatMap(({ content }) =>
        arrivedParts(content).map(({ bytes }) => bytes.toString('hex')),
      )
      for (const index of office) {
        expect(originals.filter((bytes) => bytes === word(index).toString('hex'))).toHaveLength(1)
      }
    }, 600_000)
  },
)
