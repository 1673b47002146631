import { describe, expect, it } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import { collectMessages, type MessageHandling } from '../../../src/gateway/collect-message.ts'
import type { ReceivedMessage } from '../../../src/message/received-message.ts'
import type { ConnectionFilter, FinalAnswer } from '../../../src/milter/filter.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const gone = new AbortController().signal
const macros = (entries: Record<string, string> = {}) => new Map(Object.entries(entries))
const accepted: FinalAnswer = { kind: 'accept', edits: [] }

function filterWith(changes: Partial<MessageHandling> = {}) {
  const messages: ReceivedMessage[] = []
  const errors: unknown[] = []
  const filter = collectMessages({
    direction: 'inbound',
    now: () => new Date('2026-11-21T12:00:00Z'),
    newId: () => 'AAAA-BBBB-CCCC',
    openWorkspace: () => openWorkspace('/tmp', { sizeLimit: 10_000 }),
    answer: async (message) => {
      messages.push(message)
      return accepted
    },
    onError: (error) => errors.push(error),
    ...changes,
  })
  return { filter, messages, errors }
}

async function sendThrough(
  filter: ConnectionFilter,
  recipients: readonly string[] = ['<bob@kanzlei.example>'],
  left: AbortSignal = gone,
) {
  filter.mail?.('<ann@partner.example>', [], macros({ auth_authen: 'ann' }))
  for (const recipient of recipients) await filter.recipient?.(recipient, [], macros())
  filter.header?.('Subject', ' Gru\xdf\r\n\tan Bob')
  filter.header?.('Empty', '')
  filter.endOfHeader?.()
  filter.body?.(Buffer.from('Hallo\r'))
  filter.body?.(Buffer.from('\nBob\r\n'))
  return filter.endOfMessage?.(macros({ i: '4XyZ' }), left)
}

describe('a message that Postfix tells piece by piece', () => {
  it('is put together byte for byte, folds as they are on the wire', async () => {
    const received: string[] = []
    const { filter, messages } = filterWith({
      answer: async (message) => {
        messages.push(message)
        received.push(Buffer.from(message.source.read(0, message.source.size)).toString('latin1'))
        return accepted
      },
    })
    filter.connect?.({
      hostName: '[192.0.2.1]',
      family: 'inet6',
      port: 25,
      address: 'IPv6:2001:db8::1',
      macros: macros({ j: 'mx.kanzlei.example' }),
    })
    filter.helo?.('client.example', macros({ tls_version: 'TLSv1.3', cipher: 'AES', cipher_bits: '256' }))
    await sendThrough(filter)
    const [message] = messages
    if (!message) throw new Error('no message')
    const [bytes = ''] = received
    expect(bytes).toBe('Subject: Gru\xdf\r\n\tan Bob\r\nEmpty:\r\n\r\nHallo\r\nBob\r\n')
    expect(message.bodyStart).toBe(bytes.indexOf('Hallo'))
    expect(message).toMatchObject({
      queueId: '4XyZ',
      mtaName: 'mx.kanzlei.example',
      sender: 'ann@partner.example',
      recipients: ['bob@kanzlei.example'],
      client: {
        address: '2001:db8::1',
        hostName: undefined,
        helo: 'client.example',
        login: 'ann',
        tls: { version: 'TLSv1.3', bits: 256 },
      },
    })
  })

  it('without a body ends behind the blank line', async () => {
    const { filter, messages } = filterWith()
    filter.mail?.('<>', [], macros())
    await filter.recipient?.('bob@kanzlei.example', [], macros())
    filter.header?.('Subject', ' x')
    await filter.endOfMessage?.(macros(), gone)
    expect(messages[0]?.sender).toBe('')
    expect(messages[0]?.source.size).toBe(messages[0]?.bodyStart)
  })

  it('starts anew after ABORT: nothing of the last one is left', async () => {
    const { filter, messages } = filterWith()
    filter.mail?.('<mallory@evil.example>', [], macros())
    await filter.recipient?.('<eve@kanzlei.example>', [], macros())
    filter.header?.('X-Evil', ' 1')
    filter.abort?.()
    await sendThrough(filter)
    expect(messages[0]?.recipients).toEqual(['bob@kanzlei.example'])
    expect(messages[0]?.fields.map(({ name }) => name)).toEqual(['Subject', 'Empty'])
  })

  it('has only the recipients that were let in', async () => {
    const refused = { kind: 'refuse', reply: { code: 452, enhancedStatus: '4.5.3', lines: ['no'] } } as const
    const { filter, messages } = filterWith({
      acceptRecipient: async ({ recipients }) => (recipients.length > 0 ? refused : 'continue'),
    })
    await sendThrough(filter, ['<one@x.example>', '<two@x.example>'])
    expect(messages[0]?.recipients).toEqual(['one@x.example'])
  })

  it('that asks for too much is refused at its end, with what is known of it, and is not judged', async () => {
    const told: unknown[] = []
    const { filter, messages, errors } = filterWith({
      openWorkspace: () => openWorkspace('/tmp', { sizeLimit: 30 }),
      refuse: async (transaction, failure) => {
        told.push([transaction, failure.message])
        return { kind: 'refuse', reply: { code: 550, enhancedStatus: '5.6.0', lines: ['x'] } }
      },
    })
    expect(await sendThrough(filter)).toMatchObject({ reply: { code: 550, lines: ['x'] } })
    expect(messages).toEqual([])
    expect(told).toMatchObject([
      [
        { sender: 'ann@partner.example', recipients: ['bob@kanzlei.example'], queueId: '4XyZ' },
        'The message is larger than 30 bytes',
      ],
    ])
    expect(errors).toHaveLength(1)
  })

  it('is asked about while it comes: its server at once, its sender when he is named', async () => {
    const asked: unknown[] = []
    const { filter } = filterWith({
      askAhead: ({ address, reverse }, sender) => asked.push([address, reverse, sender]),
    })
    const connected = {
      hostName: 'mx.partner.example',
      family: 'inet',
      port: 25,
      address: '192.0.2.1',
    } as const
    filter.connect?.({ ...connected, macros: macros({ client_resolve: 'OK' }) })
    await sendThrough(filter)
    expect(asked).toEqual([
      ['192.0.2.1', 'verified', undefined],
      ['192.0.2.1', 'verified', 'ann@partner.example'],
    ])
  })

  for (const [hostName, resolved, reverse] of [
    ['mx.partner.example', 'OK', 'verified'],
    ['mx.partner.example', undefined, 'verified'],
    ['unknown', 'FAIL', 'none'],
    ['mx.partner.example', 'FORGED', 'none'],
    ['[192.0.2.1]', 'FORGED', 'none'],
    ['unknown', 'TEMP', 'unknown'],
    ['unknown', undefined, 'unknown'],
  ] as const) {
    it(`comes from ${hostName}, ${resolved ?? 'untold'}: its reverse name is ${reverse}`, async () => {
      const { filter, messages } = filterWith()
      const connected = { family: 'inet', port: 25, address: '192.0.2.1' } as const
      const told = macros(resolved === undefined ? {} : { client_resolve: resolved })
      filter.connect?.({ ...connected, hostName, macros: told })
      await sendThrough(filter)
      const named = reverse === 'verified' ? hostName : undefined
      expect(messages[0]?.client).toMatchObject({ reverse, hostName: named })
    })
  }

  it('is deferred when its end comes without a recipient', async () => {
    const { filter, messages } = filterWith()
    expect(await filter.endOfMessage?.(macros(), gone)).toMatchObject({
      kind: 'refuse',
      reply: { code: 451 },
    })
    expect(messages).toEqual([])
  })

  it('is deferred when something fails, and the error is told', async () => {
    const { filter, errors } = filterWith({
      answer: () => Promise.reject(new TemporaryFailure('3.1', 'Not enough room')),
    })
    expect(await sendThrough(filter)).toMatchObject({
      kind: 'refuse',
      reply: { code: 451, enhancedStatus: '4.3.1', lines: ['Not enough room'] },
    })
    expect(errors).toHaveLength(1)
  })

  /** A filter that answers with a new body, and how many workspaces are open. */
  function rewriting(folder: string, answered = () => {}) {
    let open = 0
    const { filter } = filterWith({
      openWorkspace: () => {
        const workspace = openWorkspace(folder, { sizeLimit: 10_000 })
        open += 1
        return {
          ...workspace,
          async [Symbol.asyncDispose]() {
            open -= 1
            await workspace[Symbol.asyncDispose]()
          },
        }
      },
      answer: async (message) => {
        answered()
        return { kind: 'accept', edits: [], body: message.source.stream(message.bodyStart) }
      },
    })
    return { filter, open: () => open }
  }

  it('keeps a new body readable until Postfix has read it, and not longer', async () => {
    using folder = temporaryFolder()
    const { filter, open } = rewriting(folder.path)
    const answer = await sendThrough(filter)
    if (answer?.kind !== 'accept' || !answer.body) throw new Error('no body')
    expect(open()).toBe(1)
    const pieces: Uint8Array[] = []
    for await (const piece of answer.body) pieces.push(Uint8Array.from(piece))
    expect(Buffer.concat(pieces).toString()).toBe('Hallo\r\nBob\r\n')
    expect(open()).toBe(0)
  })

  for (const over of ['abort', 'close'] as const) {
    it(`lets a new body go that Postfix never began to read before its ${over}`, async () => {
      using folder = temporaryFolder()
      const { filter, open } = rewriting(folder.path)
      await sendThrough(filter)
      filter[over]?.()
      expect(open()).toBe(0)
    })
  }

  it('lets a new body go at once when Postfix left while it was made', async () => {
    using folder = temporaryFolder()
    const left = new AbortController()
    const { filter, open } = rewriting(folder.path, () => left.abort())
    await sendThrough(filter, ['<bob@kanzlei.example>'], left.signal)
    expect(open()).toBe(0)
  })
})
