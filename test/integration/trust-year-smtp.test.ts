import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { eicar } from '../../src/demonstration/clamd.ts'
import { compose } from '../../src/demonstration/compose.ts'
import type { NameRecords, Zone } from '../../src/demonstration/dns-server.ts'
import { anna, jonas, ownDomain } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import {
  makeSendingDomain,
  recordsOf,
  type SendingDomain,
  signedByDomain,
} from '../../src/demonstration/sender-records.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

const day = 86_400_000
const start = Date.UTC(2027, 0, 4, 9)
const weeks = 16

/** What a domain publishes of the proofs that it could: a partner of each kind. */
const published: Readonly<Record<string, readonly ('spf' | 'dkim' | 'dmarc')[]>> = {
  'alles-streng.example': ['spf', 'dkim', 'dmarc'],
  'noch-einer.example': ['spf', 'dkim', 'dmarc'],
  'nur-signiert.example': ['dkim'],
  'nur-server.example': ['spf'],
  'gar-nichts.example': [],
}
const partners = Object.keys(published).map((domain, index) =>
  makeSendingDomain({ domain, clientAddress: `198.18.${index}.10` }),
)
const forger = makeSendingDomain({ domain: 'boese.example', clientAddress: '203.0.113.66' })

function zoneOf(sender: SendingDomain, shown: readonly string[] = ['spf', 'dkim', 'dmarc']): Zone {
  const left = Object.entries(recordsOf(sender, 'mx.anderswo.example')).map(
    ([name, records]): [string, NameRecords] => {
      const kind = name.startsWith('_dmarc.') ? 'dmarc' : name.includes('._domainkey.') ? 'dkim' : 'spf'
      const isProof = kind !== 'spf' || name === sender.domain
      if (!isProof || shown.includes(kind) || typeof records === 'string') return [name, records]
      return [name, { ...records, TXT: [] }]
    },
  )
  return Object.fromEntries(left)
}

const folder = mkdtempSync(join(tmpdir(), 'clock-'))
const clock = join(folder, 'clock')
let now = start
const passes = (milliseconds: number) => {
  now += milliseconds
  writeFileSync(clock, new Date(now).toISOString())
}
passes(0)
afterAll(() => rmSync(folder, { recursive: true }))

const addressOf = ({ domain }: SendingDomain) => `post@${domain}`

describe.skipIf(noSite)(
  `months of mail through Postfix, in a simulated time${noSite ? ` (${noSite})` : ''}`,
  () => {
    const site = siteForTests({
      zone: Object.assign(
        {},
        zoneOf(forger),
        ...partners.map((partner) => zoneOf(partner, published[partner.domain])),
      ),
      settings: { testMode: { clock } },
    })
    const decisions = () =>
      site()
        .events()
        .filter(({ event }) => event === 'decided')

    /** Hands a message in, from this server; gives the code of the answer. */
    async function arrive(
      server: SendingDomain,
      sender: string,
      letter: {
        readonly from: string
        readonly text?: string
        readonly inReplyTo?: string
        readonly virus?: boolean
      },
      signer?: SendingDomain,
    ): Promise<number> {
      const composed = await compose({
        ...{ from: letter.from, to: [anna], subject: 'Unterlagen', text: letter.text ?? 'Guten Tag, anbei.' },
        ...(letter.virus
          ? { attachment: { fileName: 'a.bin', content: eicar, type: 'application/octet-stream' } }
          : {}),
      })
      const answers = letter.inReplyTo === undefined ? '' : `In-Reply-To: ${letter.inReplyTo}\r\n`
      const message = Buffer.concat([Buffer.from(answers), composed])
      const { reply } = await sendMail({
        port: site().postfix.ports.inbound,
        client: { address: server.clientAddress, name: server.hostName },
        sender,
        recipients: [anna],
        message: signer ? await signedByDomain(message, signer) : message,
      })
      return reply.code
    }

    /** Anna writes to each of them; resolves when the gateway has learned it. */
    async function annaWrites(to: readonly string[], id: string): Promise<void> {
      const before = decisions().length
      for (const recipient of to) {
        await sendMail({
          port: site().postfix.ports.submission,
          sender: anna,
          recipients: [recipient],
          message: `From: ${anna}\r\nTo: ${recipient}\r\nMessage-ID: <${id}.${recipient}>\r\nSubject: Frage\r\n\r\nGuten Tag.\r\n`,
        })
      }
      await pollUntil('our mail is taken', () => decisions().length >= before + to.length, 120_000)
    }

    test('brings partners and first contacts in and keeps forgeries out', async () => {
      const names = partners.map(({ domain }) => domain)
      writeFileSync(
        join(site().folders.policies, '60-open.yaml'),
        `outbound:\n${[
          ...names,
          'neu.example',
          ...Array.from({ length: weeks }, (_, week) => `neu${week}.example`),
        ]
          .map((name) => `  ${name}: { protection: [none] }\n`)
          .join('')}inbound:\n  ${anna}: { digest: daily }\n`,
      )
      const reloaded = await site().command(['reload'])
      expect(reloaded.status, reloaded.stderr.toString()).toBe(0)
      const tally = {
        known: [0, 0],
        first: [0, 0],
        forged: [0, 0],
        backscatter: [0, 0],
        own: [0, 0],
        virus: [0, 0],
      }
      const count = (kind: keyof typeof tally, code: number) => {
        tally[kind][0] = (tally[kind][0] ?? 0) + 1
        if (code === 250) tally[kind][1] = (tally[kind][1] ?? 0) + 1
      }
      for (let week = 0; week < weeks; week += 1) {
        passes(day)
        await annaWrites(partners.map(addressOf), `w${week}`)
        passes(day / 4)
        for (const partner of partners) {
          const address = addressOf(partner)
          const signer = published[partner.domain]?.includes('dkim') ? partner : undefined
          const inReplyTo = `<w${week}.${address}>`
          count('known', await arrive(partner, address, { from: address, inReplyTo }, signer))
          passes(day)
          count(
            'known',
            await arrive(partner, address, { from: address, text: `Noch etwas, ${week}.` }, signer),
          )
        }
        // A stranger, who becomes a correspondent.
        const stranger = makeSendingDomain({
          domain: `neu${week}.example`,
          clientAddress: `198.19.${week}.7`,
        })
        site().dns.replaceZone({ ...site().dns.zone(), ...zoneOf(stranger) })
        const signer = week % 2 === 0 ? stranger : undefined
        count('first', await arrive(stranger, addressOf(stranger), { from: addressOf(stranger) }, signer))
        for (const partner of partners) {
          const from = `Post <${addressOf(partner)}>`
          const text = `Bitte auf das neue Konto, ${week}.`
          // With his own envelope and signature, which prove nothing about the author; with that of the partner.
          count('forged', await arrive(forger, `x@${forger.domain}`, { from, text }, forger))
          count('forged', await arrive(forger, addressOf(partner), { from, text: `${text} Danke.` }))
        }
        count(
          'own',
          await arrive(forger, `x@${forger.domain}`, { from: jonas, text: `Chef, ${week}` }, forger),
        )
        count(
          'own',
          await arrive(forger, `chef@${ownDomain}`, { from: `chef@${ownDomain}`, text: `${week}` }),
        )
        const daemon = `mailer-daemon@${forger.domain}`
        count(
          'backscatter',
          await arrive(forger, '', { from: daemon, inReplyTo: `<${week}@nie.example>` }, forger),
        )
        const infected = partners[week % partners.length] ?? forger
        count(
          'virus',
          await arrive(infected, addressOf(infected), { from: addressOf(infected), virus: true }, infected),
        )
        passes(day)
      }
      const shown = JSON.stringify(tally)
      const [known, knownIn] = tally.known
      expect(knownIn, shown).toBe(known)
      expect(tally.first[1], shown).toBe(tally.first[0])
      for (const kind of ['backscatter', 'own', 'virus'] as const) expect(tally[kind][1], shown).toBe(0)
      expect((tally.forged[1] ?? 0) / (tally.forged[0] ?? 1), shown).toBeLessThanOrEqual(0.05)
    }, 900_000)

    test('was loud about its time', async () => {
      expect(
        site()
          .events()
          .find(({ event }) => event === 'test-mode'),
      ).toMatchObject({ clock })
      const status = await site().command(['status'])
      expect(status.stdout.toString()).toContain(
        `TEST MODE    the time is simulated: ${new Date(now).toISOString()}`,
      )
    })

    test('records each decision at its simulated time, and judges it again by today’s policies', async () => {
      const refused = decisions().findLast(({ answer }) => String(answer).startsWith('550'))
      const { stdout } = await site().command(['explain', '--id', String(refused?.id), '--today', '--json'])
      const record = JSON.parse(stdout.toString())
      expect(Date.parse(record.at)).toBeGreaterThan(start)
      expect(record.today).toMatchObject({ trust: { score: record.trust.score } })
      const sum = record.trust.signals.reduce(
        (points: number, each: { points: number }) => points + each.points,
        0,
      )
      expect(sum).toBe(record.trust.score)
      const text = await site().command(['explain', String(refused?.id), '--today'])
      expect(text.stdout.toString()).toContain('By today’s policies it would be:')
    })

    test('says what would become of a message in a file, as it then does, and leaves nothing behind', async () => {
      const [partner = forger] = partners
      const file = join(folder, 'mail.eml')
      const message = await compose({
        from: addressOf(partner),
        to: [anna],
        subject: 'Unterlagen',
        text: 'Wie wird das?',
      })
      for (const server of [partner, forger]) {
        const sent = server === partner ? await signedByDomain(message, partner) : message
        writeFileSync(file, sent)
        const before = decisions().length
        const client = ['--client-ip', server.clientAddress, '--client-name', server.hostName]
        const { status, stdout, stderr } = await site().command([
          ...['explain', file, ...client, '--from', addressOf(partner), '--to', anna, '--json'],
        ])
        expect(status, stderr.toString()).toBe(0)
        const explained = JSON.parse(stdout.toString())
        expect(decisions()).toHaveLength(before)
        const { reply } = await sendMail({
          port: site().postfix.ports.inbound,
          client: { address: server.clientAddress, name: server.hostName },
          sender: addressOf(partner),
          recipients: [anna],
          message: sent,
        })
        expect(reply.code).toBe(explained.reply?.code ?? 250)
        const live = decisions().at(-1)
        expect(live?.score).toBe(explained.trust.score)
      }
    })

    test('tells Anna the next morning what was refused to her, once', async () => {
      const digests = () =>
        site()
          .received()
          .filter(({ recipient, content }) => recipient === anna && content.includes('Refused mail'))
      const before = digests().length
      passes(day)
      await pollUntil('the list of what was refused comes', () => digests().length > before, 60_000)
      passes(7_200_000)
      const status = await site().command(['status'])
      expect(status.status).toBe(0)
      expect(digests()).toHaveLength(before + 1)
    })
  },
)
