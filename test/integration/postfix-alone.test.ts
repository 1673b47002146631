import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../src/demonstration/free-ports.ts'
import { type LoopbackNetwork, openLoopbackNetwork } from '../../src/demonstration/loopback-network.ts'
import { type MailSink, startMailSink } from '../../src/demonstration/mail-sink.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { ownResolverPermitted, type Postfix, startPostfix } from '../../src/demonstration/postfix.ts'
import { runProgram } from '../../src/demonstration/run-program.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const message = (subject: string) =>
  [
    `From: Anna <anna@office.example>`,
    `To: all`,
    `Subject: ${subject}`,
    '',
    '.one dot in front',
    'Text',
    '',
  ].join('\r\n')

const privileged = process.getuid?.() === 0
const permitted = privileged ? await ownResolverPermitted() : 'Postfix needs root'

describe.skipIf(permitted !== true)(
  `a private Postfix without the gateway${permitted === true ? '' : ` (${permitted})`}`,
  () => {
    const folder = temporaryFolder()
    const before = systemPostfix()
    let network: LoopbackNetwork
    let postfix: Postfix
    let mailboxes: MailSink
    let near: MailSink
    let far: MailSink

    beforeAll(async () => {
      network = await openLoopbackNetwork((address) => ({
        zone: {
          'near.example': { MX: [{ preference: 10, exchange: 'mx.near.example' }] },
          'mx.near.example': { A: [address(10)] },
          'mx.far.example': { A: [address(20)] },
          'broken.example': 'servfail',
        },
        mxOfUnknown: 'mx.far.example',
      }))
      const [foreignPort = 0] = await freePorts(1, [network.address(10), network.address(20)])
      const sink = (address: string, port: number, hostName: string) =>
        startMailSink({ address, port, hostName, folder: join(folder.path, 'mail') })
      mailboxes = await sink('127.0.0.1', 0, 'mailboxes.office.example')
      near = await sink(network.address(10), foreignPort, 'mx.near.example')
      far = await sink(network.address(20), foreignPort, 'mx.far.example')
      const [inbound = 0, submission = 0, outbound = 0, notices = 0] = await freePorts(4)
      postfix = await startPostfix({
        folder: join(folder.path, 'postfix'),
        log: join(folder.path, 'postfix.log'),
        hostName: 'mx.office.example',
        ownDomains: ['office.example'],
        ports: { inbound, submission, outbound, notices },
        mailboxes: { address: '127.0.0.1', port: mailboxes.port },
        foreignPort,
        nextHops: { kind: 'dns', server: network.dns.address },
        parameters: {
          mydestination: 'town.example',
          local_recipient_maps: '',
          local_transport: `smtp:[127.0.0.1]:${mailboxes.port}`,
        },
      })
    })

    afterAll(async () => {
      await postfix?.[Symbol.asyncDispose]()
      for (const server of [mailboxes, near, far, network?.dns]) await server?.[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    })

    test('mail from outside arrives in the mailbox, and the client address is the one XCLIENT told', async () => {
      const { reply } = await sendMail({
        port: postfix.ports.inbound,
        client: { address: '192.0.2.25', name: 'mail.near.example' },
        sender: 'otto@near.example',
        recipients: ['anna@office.example'],
        message: message('from outside'),
      })
      expect(reply.text).toMatch(/^250 2\.0\.0 Ok: queued as \w{10,}$/)
      const mail = await pollUntil('the mail is in the mailbox', () => mailboxes.received()[0])
      expect(mail.content.toString('latin1')).toContain(
        'from mail.near.example (mail.near.example [192.0.2.25])',
      )
      expect(mail.content.toString('latin1')).toContain('\r\n\r\n.one dot in front\r\nText\r\n')
      expect(readFileSync(mail.file, 'latin1')).toMatch(
        /^Return-Path: <otto@near\.example>\r\nDelivered-To: anna@office\.example\r\n/,
      )
    })

    test('mail from outside to elsewhere is not relayed', async () => {
      const { reply } = await sendMail({
        port: postfix.ports.inbound,
        client: { address: '192.0.2.25' },
        sender: 'otto@near.example',
        recipients: ['x@far.example'],
        message: message('relay'),
      })
      expect(reply.text).toContain('554 5.7.1 <x@far.example>: Relay access denied')
    })

    test('mail of a machine of our own to elsewhere is not relayed past the hop', async () => {
      const { reply } = await sendMail({
        port: postfix.ports.inbound,
        sender: 'scanner@office.example',
        recipients: ['x@far.example'],
        message: message('past the hop'),
      })
      expect(reply.text).toContain('554 5.7.1 <x@far.example>: Relay access denied')
    })

    test('a mail of our staff takes the hop once for each recipient and finds each host by its MX', async () => {
      const recipients = ['a@near.example', 'b@near.example', 'c@unknown.example', 'berta@office.example']
      const { reply } = await sendMail({
        port: postfix.ports.submission,
        sender: 'anna@office.example',
        recipients,
        message: message('to four'),
      })
      expect(reply.code).toBe(250)
      const about = (sink: MailSink) =>
        sink.received().filter(({ content }) => content.includes('Subject: to four'))
      await pollUntil(
        'all four arrived',
        () => about(near).length + about(far).length + about(mailboxes).length === 4,
      )
      expect(
        about(near)
          .map(({ recipient }) => recipient)
          .sort(),
      ).toEqual(['a@near.example', 'b@near.example'])
      expect(about(far).map(({ recipient }) => recipient)).toEqual(['c@unknown.example'])
      expect(about(mailboxes).map(({ recipient }) => recipient)).toEqual(['berta@office.example'])
      const log = readFileSync(postfix.log, 'utf8')
      expect(
        log.match(/postfix\/hop\/smtp.* relay=127\.0\.0\.1\[127\.0\.0\.1\]:\d+, .*status=sent/g),
      ).toHaveLength(4)
      expect(log.match(/postfix\/outbound\/smtpd\[\d+\]: \w+: client=/g)).toHaveLength(4)
      expect(network.dns.asked).toContain('MX near.example')
      expect(network.dns.asked).toContain('A mx.near.example')
    })

    test('a domain whose name server is broken waits in the queue', async () => {
      await sendMail({
        port: postfix.ports.submission,
        sender: 'anna@office.example',
        recipients: ['x@broken.example'],
        message: message('waits'),
      })
      const waiting = await pollUntil('the mail is deferred', async () =>
        (await postfix.queue()).find(
          ({ queue_name, recipients }) => queue_name === 'deferred' && recipients[0]?.delay_reason,
        ),
      )
      expect(waiting.recipients[0]?.delay_reason).toContain('Host or domain name not found')
    })

    test.each(['x%far.example@town.example', 'far.example!x@town.example'])(
      'mail to %s, a domain of this machine, does not become mail to far.example behind the hop',
      async (recipient) => {
        await sendMail({
          port: postfix.ports.submission,
          sender: 'anna@office.example',
          recipients: [recipient],
          message: message(`routed ${recipient}`),
        })
        const about = (sink: MailSink) =>
          sink.received().filter(({ content }) => content.includes(`routed ${recipient}`))
        const arrived = await pollUntil('it arrived', () => about(mailboxes)[0] ?? about(far)[0])
        expect(arrived.recipient).toBe(recipient)
      },
    )

    test('notices of the gateway itself are taken on a listener of their own', async () => {
      const { reply } = await sendMail({
        port: postfix.ports.notices,
        sender: '',
        recipients: ['anna@office.example'],
        message: message('notice'),
      })
      expect(reply.code).toBe(250)
      await pollUntil('the notice arrived', () => mailboxes.received().some(({ sender }) => sender === ''))
    })

    test('Postfix has no complaint about the sample, and the system’s own Postfix is untouched', async () => {
      const { stderr } = await runProgram(['postconf', '-c', postfix.configDirectory, '-n'])
      // The sample carries settings of later versions; older ones ignore them.
      const complaints = stderr
        .split('\n')
        .filter(
          (line) =>
            line !== '' &&
            !/unused parameter: (tls_required_enable|smtpd_forbid_bare_newline\w*)=/.test(line),
        )
      expect(complaints).toEqual([])
      expect(readFileSync(postfix.log, 'utf8')).not.toMatch(
        / (warning|error|fatal|panic): (?!.*broken\.example)/,
      )
      expect(systemPostfix()).toBe(before)
    })
  },
)

/** Digest of names and contents in /etc/postfix and of the names in the system's queue. */
function systemPostfix(): string {
  const digest = createHash('sha256')
  for (const entry of readdirSync('/etc/postfix', { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    digest.update(path)
    if (entry.isFile()) digest.update(readFileSync(path))
  }
  for (const name of readdirSync('/var/spool/postfix', { recursive: true }).sort())
    digest.update(String(name))
  return digest.digest('hex')
}
