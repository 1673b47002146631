import { describe, expect, it } from 'vitest'
import type { Edit } from '../../../src/milter/filter.ts'
import { parseCommand } from '../../../src/milter/parse-command.ts'
import type { Packet } from '../../../src/milter/read-packet.ts'
import {
  acceptPacket,
  continuePacket,
  finalPackets,
  progressPacket,
} from '../../../src/milter/write-answer.ts'
import { nulTerminated, uint32, writePacket } from '../../../src/milter/write-packet.ts'
import { writeReply } from '../../../src/milter/write-reply.ts'
import { until, writeCommand } from '../../support/milter-peer.ts'
import { startSession } from '../../support/milter-session.ts'
import { milterTraces } from '../../support/milter-traces.ts'

const connections = milterTraces.flatMap(({ name, connections }) =>
  connections.map(({ packets }, at) => ({
    name: connections.length > 1 ? `${name}, connection ${at + 1}` : name,
    packets: packets.map(({ from, cmd, payload }) => ({
      from,
      packet: { command: cmd, data: Buffer.from(payload, 'base64') },
    })),
  })),
)

/** What the filter of the recording said, read and written again with what we write with. */
async function rewritten({ command, data }: Packet): Promise<Buffer> {
  const text = data.toString('latin1')
  const [name = '', value = ''] = (command === 'h' ? text : text.slice(4)).split('\0')
  const withLf = value.replaceAll('\n', '\r\n')
  const edits: Record<string, Edit> = {
    h: { kind: 'addHeader', name, value: withLf },
    i: { kind: 'insertHeader', index: data.length < 4 ? 0 : data.readUInt32BE(0), name, value: withLf },
    m:
      value === ''
        ? { kind: 'deleteHeader', name, occurrence: data.length < 4 ? 1 : data.readUInt32BE(0) }
        : {
            kind: 'changeHeader',
            name,
            occurrence: data.length < 4 ? 1 : data.readUInt32BE(0),
            value: withLf,
          },
  }
  const edit = edits[command]
  const agreement = { version: 6, actions: 0x1ff, protocol: 0x100000 }
  if (edit || command === 'b') {
    const body = (async function* () {
      yield data
    })()
    const answer = edit ? { edits: [edit] } : { edits: [], body }
    const first = await finalPackets({ kind: 'accept', ...answer }, agreement).next()
    return first.value ?? Buffer.alloc(0)
  }
  switch (command) {
    case 'c':
      return continuePacket
    case 'a':
      return acceptPacket
    case 'p':
      return progressPacket
    case 'y': {
      const lines = text.slice(0, -1).split('\r\n')
      return writeReply({
        code: Number(text.slice(0, 3)),
        enhancedStatus: text.slice(4).split(' ')[0] as '5.7.1',
        lines: lines.map((line) => line.slice(10).replaceAll('%%', '%')),
      })
    }
    case 'O': {
      const lists = [...text.slice(12).matchAll(/(.{4})([^\0]*)\0/gs)].flatMap(
        ([, stage = '', names = '']) => [Buffer.from(stage, 'latin1'), nulTerminated(names)],
      )
      return writePacket('O', ...[0, 4, 8].map((at) => uint32(data.readUInt32BE(at))), ...lists)
    }
    default:
      // Recipients, sender and quarantine, which our filters cannot ask for.
      return writePacket(command, data)
  }
}

/** The events that a recording means, taken from its packets without any of our code. */
function expectedNames(packets: readonly Packet[]): string[] {
  const names = {
    C: 'connect',
    H: 'helo',
    M: 'mail',
    R: 'recipient',
    T: 'data',
    L: 'header',
    N: 'endOfHeader',
    B: 'body',
    E: 'endOfMessage',
    A: 'abort',
    Q: 'close',
  } as const
  const found: string[] = []
  for (const { command } of packets) {
    const name = names[command as keyof typeof names]
    if (name && !(name === 'body' && found.at(-1) === 'body')) found.push(name)
  }
  return found
}

const isAnswered = ({ command }: Packet) => 'OCHMRTLNBEU'.includes(command)

describe.each(connections)('the recorded session $name', ({ packets }) => {
  const fromMta = packets.filter(({ from }) => from === 'mta').map(({ packet }) => packet)
  const wire = Buffer.concat(fromMta.map(({ command, data }) => writePacket(command, data)))

  it('decodes, and encodes to the same bytes', async () => {
    for (const { from, packet } of packets) {
      const original = writePacket(packet.command, packet.data)
      const again =
        packet.command === 'U' || from === 'milter' ? undefined : writeCommand(parseCommand(packet))
      if (from === 'milter') expect(await rewritten(packet)).toEqual(original)
      else if (again) expect(again).toEqual(original)
      else expect(parseCommand(packet)).toEqual({ kind: 'unknown' })
    }
  })

  it('gives the right events and answers when all of it comes in one piece', async () => {
    const { mta, names, errors } = startSession()
    mta.send(wire)
    await until(() => mta.closed)
    expect(errors).toEqual([])
    expect(names()).toEqual(expectedNames(fromMta))
    // Header and body were negotiated as unanswered.
    const answers = fromMta.filter(({ command }) => 'OCHMRTEU'.includes(command))
    expect(mta.answers.map(({ command }) => command).join('')).toBe(
      answers.map(({ command }) => ({ O: 'O', E: 'a' })[command] ?? 'c').join(''),
    )
  })

  it('gives the same when it comes byte by byte from an MTA that waits for its answers', async () => {
    const glued = startSession()
    glued.mta.send(wire)
    await until(() => glued.mta.closed)
    const { mta, events, errors } = startSession()
    for (const { command, data } of fromMta) {
      for (const byte of writePacket(command, data)) mta.send(Buffer.of(byte))
      if ('OCHMRTEU'.includes(command)) await mta.answer()
    }
    await until(() => mta.closed)
    expect(errors).toEqual([])
    expect(events).toEqual(glued.events)
  })

  it('gives every answer of the recording to an MTA that waits for all of them', async () => {
    const { mta, errors } = startSession()
    const offer = { kind: 'negotiate', version: 6, actions: 0x1ff, protocol: 0x100000 } as const
    mta.send(offer, ...fromMta.slice(1).map(({ command, data }) => writePacket(command, data)))
    await until(() => mta.closed)
    expect(errors).toEqual([])
    expect(mta.answers.length).toBe(fromMta.filter(isAnswered).length)
    expect(new Set(mta.answers.map(({ command }) => command))).toEqual(
      new Set(fromMta.filter(isAnswered).map(({ command }) => ({ O: 'O', E: 'a' })[command] ?? 'c')),
    )
  })
})

describe('what the recordings say', () => {
  async function eventsOf(name: string): Promise<unknown[][]> {
    const { mta, events } = startSession()
    const found = connections.filter((connection) => connection.name === name)
    for (const { packets } of found) {
      const fromMta = packets.filter(({ from }) => from === 'mta')
      mta.send(...fromMta.map(({ packet }) => writePacket(packet.command, packet.data)))
    }
    await until(() => mta.closed)
    return events
  }

  it('folds arrive as CRLF, white space behind the colon and 8-bit bytes as they were', async () => {
    const values = (await eventsOf('headers-folded')).filter(([kind]) => kind === 'header')
    const value = (name: string) => values.find((header) => header[1] === name)?.[2]
    expect(value('From')).toBe('  "Two Spaces" <a@sender.test>')
    expect(value('To')).toBe('<r1@example.test>')
    expect(value('Subject')).toBe(' =?utf-8?q?folded_subject?=\r\n =?utf-8?q?_second_line?=')
    expect(value('Message-ID')).toBe('\r\n <id-on-next-line@sender.test>')
    expect(value('X-Tab')).toBe('\tleading tab')
    expect(value('X-Empty')).toBe('')
    expect(value('X-8bit')).toBe(' \xc3\xa9\xc3\xa8')
  })

  it('a body of 200 KB arrives whole', async () => {
    const body = (await eventsOf('body-200k')).find(([kind]) => kind === 'body')?.[1] as string
    expect(body.length).toBe(204_800)
    expect(
      body
        .split('\r\n')
        .slice(0, -1)
        .every((line, at) => line.startsWith(`line ${`${at}`.padStart(6, '0')} `)),
    ).toBe(true)
  })

  it('the second message knows the connection and not the login or queue id of the first', async () => {
    const events = await eventsOf('two-mails-one-connection')
    const mails = events.filter(([kind]) => kind === 'mail')
    expect(mails.map(([, address]) => address)).toEqual(['<a@sender.test>', '<>'])
    expect(mails[1]?.[3]).toMatchObject({ j: 'mx.example.test' })
    expect(events.filter(([kind]) => kind === 'endOfMessage').map(([, id]) => id)).toEqual([
      '16824210041',
      '18BE0210051',
    ])
  })

  it('TLS and login are known at MAIL after STARTTLS', async () => {
    const mail = (await eventsOf('starttls-auth')).find(([kind]) => kind === 'mail')
    expect(mail?.[3]).toMatchObject({
      tls_version: 'TLSv1.3',
      cipher_bits: '256',
      auth_authen: 'tester@example.test',
    })
  })

  it('mail from sendmail(1) has no brackets and a queue id from the start', async () => {
    const events = await eventsOf('non-smtpd-sendmail')
    expect(events.find(([kind]) => kind === 'mail')).toMatchObject([
      'mail',
      'x@sender.test',
      [],
      { i: '69B17210035' },
    ])
  })
})
