import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../src/demonstration/free-ports.ts'
import { type MailSink, startMailSink } from '../../src/demonstration/mail-sink.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { type Postfix, startPostfix } from '../../src/demonstration/postfix.ts'
import { mustRun } from '../../src/demonstration/run-program.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import type { ConnectionFilter } from '../../src/milter/filter.ts'
import { type MilterServer, startMilterServer } from '../../src/milter/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const sender = 'anna@client.example'
const ours = 'r1@office.example'
const privileged = process.getuid?.() === 0

const letter = (subject: string) =>
  [
    'From: Anna <anna@client.example>',
    `Subject: ${subject}`,
    'X-Gone: 1',
    'X-Gone: 2',
    'X-Gone: 3',
    'X-Folded:  two spaces,',
    '\tand a fold \xe4',
    'X-Empty:',
    '',
    '.old body',
    '',
  ].join('\r\n')

/** Does what the subject of the message says. */
function obedientFilter(headers: Map<string, string>, macros: Map<string, string>[]): ConnectionFilter {
  return {
    connect: (connection) => {
      macros.push(new Map(connection.macros))
      return 'continue'
    },
    mail: () => {
      headers.clear()
      return 'continue'
    },
    recipient: (address) =>
      address === '<refused@office.example>'
        ? {
            kind: 'refuse',
            reply: { code: 550, enhancedStatus: '5.7.1', lines: ['Nicht 100%', '', 'Not 100%'] },
          }
        : 'continue',
    header: (name, value) => void headers.set(name, value),
    async endOfMessage() {
      switch (headers.get('Subject')) {
        case ' defer':
          return { kind: 'refuse', reply: { code: 451, enhancedStatus: '4.7.1', lines: ['later'] } }
        case ' throw':
          throw new Error('bug')
        case ' slow':
          // Longer than the milter_content_timeout below: only progress keeps Postfix waiting.
          await sleep(9_000)
          return { kind: 'accept', edits: [] }
        case ' change':
        case ' big':
          return {
            kind: 'accept',
            edits: [
              { kind: 'insertHeader', index: 0, name: 'X-Top', value: ' top\r\n\tfolded' },
              { kind: 'deleteHeader', name: 'X-Gone', occurrence: 1 },
              { kind: 'deleteHeader', name: 'X-Gone', occurrence: 3 },
              { kind: 'changeHeader', name: 'X-Gone', occurrence: 2, value: ' changed' },
              { kind: 'addHeader', name: 'X-End', value: '  end' },
            ],
            body: newBody(headers.get('Subject') === ' big' ? 300 : 1),
          }
      }
      return { kind: 'accept', edits: [] }
    },
  }
}

const piece = 'a line of the new body\r\n'.repeat(3000)

async function* newBody(pieces: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < pieces; at++) yield Buffer.from(piece)
}

describe.skipIf(!privileged).each([
  ['a unix socket', 'unix', '6'],
  ['TCP', 'inet:127.0.0.1:0', '6'],
  ['a unix socket and the oldest protocol', 'unix', '2'],
])('Postfix over %s', (_, listen, protocol) => {
  const folder = temporaryFolder()
  const headers = new Map<string, string>()
  const macros: Map<string, string>[] = []
  const errors: unknown[] = []
  let milter: MilterServer
  let mailboxes: MailSink
  let postfix: Postfix

  beforeAll(async () => {
    milter = await startMilterServer({
      listen: listen === 'unix' ? join(folder.path, 'inbound.sock') : listen,
      socketMode: 0o666,
      newFilter: () => obedientFilter(headers, macros),
      decides: ['recipient'],
      maxConnections: 100,
      onError: (error) => errors.push(error),
    })
    mailboxes = await startMailSink({
      address: '127.0.0.1',
      port: 0,
      hostName: 'mailboxes.office.example',
      folder: join(folder.path, 'mail'),
    })
    const [inbound = 0, submission = 0, outbound = 0, notices = 0] = await freePorts(4)
    postfix = await startPostfix({
      folder: join(folder.path, 'postfix'),
      log: join(folder.path, 'postfix.log'),
      hostName: 'mx.office.example',
      ownDomains: ['office.example'],
      ports: { inbound, submission, outbound, notices },
      inboundMilter: milter.address,
      mailboxes: { address: '127.0.0.1', port: mailboxes.port },
      foreignPort: 2525,
      nextHops: { kind: 'table', table: { '*': `[127.0.0.1]:${mailboxes.port}` } },
      parameters: { milter_protocol: protocol, milter_content_timeout: '7s' },
    })
  })
  afterAll(async () => {
    await postfix?.[Symbol.asyncDispose]()
    await milter?.stop(0)
    await mailboxes?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const send = async (subject: string, ...recipients: string[]) =>
    sendMail({
      port: postfix.ports.inbound,
      sender,
      recipients: recipients.length > 0 ? recipients : [ours],
      message: Buffer.from(letter(subject), 'latin1'),
    })

  const delivered = (subject: string) =>
    pollUntil(`"${subject}" arrives`, async () =>
      mailboxes
        .received()
        .map(({ content }) => content.toString('latin1'))
        .find((content) => content.includes(`\r\nSubject: ${subject}\r\n`)),
    )

  test('passes a message that is accepted as it is', async () => {
    expect((await send('pass')).reply.code).toBe(250)
    expect(await delivered('pass')).toContain('\r\nX-Folded:  two spaces,\r\n\tand a fold \xe4\r\nX-Empty:')
    if (protocol === '6') {
      expect(headers.get('X-Folded')).toBe('  two spaces,\r\n\tand a fold \xe4')
      expect(Object.fromEntries(macros.at(-1) ?? [])).toMatchObject({
        j: 'mx.office.example',
        client_addr: '127.0.0.1',
        client_resolve: expect.stringMatching(/OK|FAIL|TEMP|FORGED/),
        daemon_port: `${postfix.ports.inbound}`,
      })
    }
  })

  test('refuses one recipient with all lines of our text, and the others stay', async () => {
    const result = await send('one', 'refused@office.example', ours)
    expect(result.recipients.map(({ reply }) => reply.text)).toEqual([
      '550-5.7.1 Nicht 100%\n550-5.7.1 \n550 5.7.1 Not 100%',
      '250 2.1.5 Ok',
    ])
    expect(result.reply.code).toBe(250)
  })

  for (const [subject, bytes] of [
    ['change', piece.length],
    ['big', 300 * piece.length],
  ] as const) {
    test(`carries out the changes of "${subject}"`, async () => {
      expect((await send(subject)).reply.code).toBe(250)
      const content = await delivered(subject)
      expect(content).toMatch(/^X-Top: top\r\n\tfolded\r\nReceived: /)
      expect(content.match(/^X-Gone:.*/gm)).toEqual(['X-Gone: changed'])
      // Without HDR_LEADSPC the MTA puts the first space, with it we do: the same comes out.
      expect(content).toContain('\r\nX-End:  end\r\n')
      const body = content.slice(content.indexOf('\r\n\r\n') + 4)
      expect(body.length).toBe(bytes)
      expect(body.startsWith(piece)).toBe(true)
    })
  }

  test('defers, and defers when the filter has a bug', async () => {
    expect((await send('defer')).reply.text).toBe('451 4.7.1 later')
    expect((await send('throw')).reply.text).toBe('451 4.3.0 Internal error, try again later')
    expect(errors).toHaveLength(1)
  })

  const once = listen === 'unix' && protocol === '6'
  test.runIf(once)(
    'waits for a decision that takes longer than its own patience',
    async () => {
      expect((await send('slow')).reply.code).toBe(250)
    },
    60_000,
  )

  test('takes hundreds of messages in a row without an error', async () => {
    const target = `127.0.0.1:${postfix.ports.inbound}`
    await mustRun(['smtp-source', '-s', '5', '-m', '200', '-S', 'pass', '-f', sender, '-t', ours, target])
    expect(errors).toHaveLength(1)
  }, 60_000)
})
