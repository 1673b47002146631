import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, test, vi } from 'vitest'
import { PermanentFailure, TemporaryFailure } from '../../../src/failure.ts'
import type { ConnectionFilter, FinalAnswer } from '../../../src/milter/filter.ts'
import type { Command } from '../../../src/milter/parse-command.ts'
import { postfixOffer, until } from '../../support/milter-peer.ts'
import { startSession } from '../../support/milter-session.ts'

const connect: Command = { kind: 'connect', hostName: 'h', family: 'inet', port: 1, address: '192.0.2.1' }
const helo: Command = { kind: 'helo', name: 'h' }
const mail: Command = { kind: 'mail', address: '<a@b.test>', parameters: [] }
const recipient: Command = { kind: 'recipient', address: '<r@b.test>', parameters: [] }
const data: Command = { kind: 'data' }
const header: Command = { kind: 'header', name: 'Subject', value: ' x' }
const endOfHeader: Command = { kind: 'endOfHeader' }
const body: Command = { kind: 'body', chunk: Buffer.from('text\r\n') }
const end: Command = { kind: 'endOfMessage', chunk: Buffer.alloc(0) }
const abort: Command = { kind: 'abort' }
const quit: Command = { kind: 'quit' }
const message = [mail, recipient, data, header, endOfHeader, body]
/** An MTA of the days before anything could be left unanswered. */
const oldOffer: Command = { kind: 'negotiate', version: 2, actions: 0x1f, protocol: 0x7f }

const said = (packet: { command: string; data: Buffer }) => packet.command + packet.data.toString('latin1')
const refuse = (lines: string[]) =>
  ({ kind: 'refuse', reply: { code: 550, enhancedStatus: '5.7.1', lines } }) as const

/** A session in which an MTA has offered all and got our answer, and where the stages given decide. */
async function negotiated(
  changes: Partial<ConnectionFilter> = {},
  decides: Parameters<typeof startSession>[1] = { decides: [] },
) {
  const started = startSession(changes, decides)
  await started.mta.ask(postfixOffer)
  return started
}

function never(): Promise<FinalAnswer> {
  return new Promise(() => {})
}

describe('an answer at a stage', () => {
  const all = { decides: ['connect', 'helo', 'mail', 'recipient', 'data'] } as const

  it('refuses one recipient and keeps the others', async () => {
    const { mta, names } = await negotiated(
      { recipient: (address) => (address.startsWith('<no') ? refuse(['not here']) : 'continue') },
      { decides: ['recipient'] },
    )
    expect(said(await mta.ask(mail, { ...recipient, address: '<no@b.test>' } as Command))).toBe(
      'y550 5.7.1 not here\0',
    )
    expect(said(await mta.ask(recipient))).toBe('c')
    expect(said(await mta.ask(data, end))).toBe('a')
    expect(names()).toContain('endOfMessage')
  })

  it('comes late without disturbing the order', async () => {
    const slow: Partial<ConnectionFilter> = {
      async recipient(address) {
        await sleep(address === '<slow@b.test>' ? 5 : 0)
        return address === '<slow@b.test>' ? refuse(['slow']) : 'continue'
      },
    }
    const { mta } = await negotiated(slow, { decides: ['recipient'] })
    mta.send(mail, { ...recipient, address: '<slow@b.test>' } as Command, recipient, data, end)
    expect(said(await mta.answer())).toBe('y550 5.7.1 slow\0')
    expect(said(await mta.answer())).toBe('c')
    expect(said(await mta.answer())).toBe('a')
  })

  for (const stage of ['connect', 'helo', 'mail', 'data'] as const) {
    it(`refuses at ${stage} where the MTA waits, and goes on refusing`, async () => {
      const { mta, names } = await negotiated({ [stage]: () => refuse(['no']) }, all)
      mta.send(connect, helo, ...message, end)
      const answers: string[] = []
      while (answers.length < 6) answers.push(said(await mta.answer()))
      const at = ['connect', 'helo', 'mail', 'recipient', 'data'].indexOf(stage)
      expect(answers.slice(0, at)).toEqual(Array.from({ length: at }, () => 'c'))
      expect(answers.slice(at)).toEqual(
        Array.from({ length: 6 - at }, (_, more) =>
          stage === 'connect' && more === 0 ? 'r' : 'y550 5.7.1 no\0',
        ),
      )
      expect(names()).not.toContain('endOfMessage')
      // The next message begins afresh, unless the whole connection was refused.
      mta.send(abort, mail)
      const next = said(await mta.answer())
      expect(next).toBe(stage === 'data' ? 'c' : 'y550 5.7.1 no\0')
    })

    it(`keeps a refusal at ${stage} where the MTA does not wait, for the end`, async () => {
      const { mta } = await negotiated({ [stage]: () => refuse(['no']) })
      expect(said(await mta.ask(connect, helo, ...message, end))).toBe('y550 5.7.1 no\0')
    })

    it(`tells the client "later" when the filter throws at ${stage}`, async () => {
      const thrown = async () => {
        throw new Error('bug')
      }
      const { mta, errors } = await negotiated({ [stage]: thrown })
      expect(said(await mta.ask(connect, helo, ...message, end))).toMatch(/^y451 4\.3\.0 /)
      expect(errors).toMatchObject([{ error: { message: 'bug' }, context: { stage, connection: 1 } }])
    })
  }

  it('does not lose a recipient whose refusal nobody waited for', async () => {
    const { mta } = await negotiated({ recipient: () => refuse(['no']) })
    expect(said(await mta.ask(...message, end))).toBe('y550 5.7.1 no\0')
  })

  it('ends the filtering of this message only, when it accepts', async () => {
    const { mta, names } = await negotiated({ mail: () => 'accept' }, { decides: ['mail'] })
    expect(said(await mta.ask(mail))).toBe('a')
    mta.send(abort, mail)
    await mta.answer()
    expect(names()).toEqual(['abort'])
  })
})

describe('header and body', () => {
  for (const stage of ['header', 'endOfHeader', 'body'] as const) {
    it(`defer the message at its end when ${stage} throws, and are passed on no more`, async () => {
      let calls = 0
      const failing = () => {
        calls += 1
        throw new TemporaryFailure('3.1', 'No room')
      }
      const { mta, names, errors } = await negotiated({ [stage]: failing })
      const twice = stage === 'body' ? [body] : []
      expect(said(await mta.ask(...message, ...twice, end))).toBe('y451 4.3.1 No room\0')
      expect(calls).toBe(1)
      expect(names()).not.toContain('endOfMessage')
      expect(errors).toHaveLength(1)
      expect(said(await mta.ask(abort, mail, recipient, data, end))).toBe('a')
    })
  }

  it('are answered each for an MTA that knows no silence', async () => {
    const { mta, names } = startSession()
    await mta.ask(oldOffer)
    for (const command of [connect, helo, mail, recipient, header, endOfHeader, body]) {
      expect(said(await mta.ask(command))).toBe('c')
    }
    expect(said(await mta.ask({ kind: 'unknown' }))).toBe('c')
    expect(said(await mta.ask(end))).toBe('a')
    expect(names()).toEqual([
      'connect',
      'helo',
      'mail',
      'recipient',
      'header',
      'endOfHeader',
      'body',
      'endOfMessage',
    ])
  })

  it('get back the space that an old MTA has eaten', async () => {
    const { mta, events } = startSession()
    await mta.ask(oldOffer)
    for (const value of ['x', ' x', '\tx', '\n x', '']) mta.send({ kind: 'header', name: 'A', value })
    mta.send(quit)
    mta.send(mail)
    await until(() => mta.closed)
    expect(events.filter(([kind]) => kind === 'header')).toEqual([])
    const again = startSession()
    await again.mta.ask(oldOffer)
    again.mta.send(mail)
    for (const value of ['x', ' x', '\tx', '\n x', '']) again.mta.send({ kind: 'header', name: 'A', value })
    await until(() => again.mta.answers.length === 6)
    expect(again.events.filter(([kind]) => kind === 'header').map((event) => event[2])).toEqual([
      ' x',
      '  x',
      '\tx',
      '\r\n x',
      '',
    ])
  })

  it('include the last chunk that comes with the end of the message', async () => {
    const { mta, events } = await negotiated()
    await mta.ask(...message, { kind: 'endOfMessage', chunk: Buffer.from('tail') })
    expect(events.find(([kind]) => kind === 'body')).toEqual(['body', 'text\r\ntail'])
  })

  it('with a bare line end in a field end the connection', async () => {
    const { mta, errors } = await negotiated()
    mta.send(mail, { kind: 'header', name: 'A', value: ' x\nBcc: y' })
    await until(() => mta.closed)
    expect(errors).toHaveLength(1)
  })
})

describe('the end of a message', () => {
  it('carries all changes in one write order', async () => {
    const { mta } = await negotiated({
      endOfMessage: async () => ({
        kind: 'accept',
        edits: [{ kind: 'insertHeader', index: 0, name: 'A', value: ' v' }],
        body: (async function* () {
          yield Buffer.from('new')
        })(),
      }),
    })
    mta.send(...message, end)
    expect((await mta.finalAnswer()).map(said)).toEqual(['i\0\0\0\0A\0 v\0', 'bnew', 'a'])
  })

  for (const [what, changes, expected] of [
    [
      'a permanent failure',
      () => new PermanentFailure('7.1', 'Nein\nNo'),
      'y550-5.7.1 Nein\r\n550 5.7.1 No\0',
    ],
    ['a bug', () => new Error('secret'), 'y451 4.3.0 Internal error, try again later\0'],
  ] as const) {
    it(`tells ${what} to the client`, async () => {
      const { mta, errors } = await negotiated({
        async endOfMessage() {
          throw changes()
        },
      })
      expect(said(await mta.ask({ kind: 'macros', of: 'E', macros: new Map() }, ...message, end))).toBe(
        expected,
      )
      expect(errors).toHaveLength(1)
    })
  }

  it('refuses a message whose new body breaks off', async () => {
    const { mta } = await negotiated({
      endOfMessage: async () => ({
        kind: 'accept',
        edits: [],
        body: (async function* () {
          yield Buffer.alloc(200_000)
          throw new TemporaryFailure('3.1', 'Disk gone')
        })(),
      }),
    })
    mta.send(...message, end)
    expect((await mta.finalAnswer()).at(-1)).toMatchObject({ command: 'y' })
  })

  it('defers a message whose changes could break its header apart', async () => {
    const { mta } = await negotiated({
      endOfMessage: async () => ({
        kind: 'accept',
        edits: [{ kind: 'addHeader', name: 'A', value: ' x\r\nB: y' }],
      }),
    })
    mta.send(...message, end)
    expect((await mta.finalAnswer()).map(said)).toEqual(['y451 4.3.0 Internal error, try again later\0'])
  })

  for (const [what, command] of [
    ['ABORT', abort],
    ['QUIT', quit],
    ['a closed connection', undefined],
  ] as const) {
    it(`stops waiting at ${what} and writes no answer`, async () => {
      const signals: AbortSignal[] = []
      let answer: (final: FinalAnswer) => void = () => {}
      const { mta, names, errors } = await negotiated({
        endOfMessage: (_, gone) => {
          signals.push(gone)
          return new Promise((resolve) => {
            answer = resolve
          })
        },
      })
      mta.send(...message, end)
      await until(() => signals.length === 1)
      if (command) mta.send(command)
      else mta.close()
      await until(() => signals[0]?.aborted === true)
      answer({ kind: 'accept', edits: [] })
      await until(() => names().includes(command === abort ? 'abort' : 'close'))
      expect(errors).toEqual([])
      if (command !== abort) return
      // The next answer belongs to the next message.
      mta.send(...message, end)
      await until(() => signals.length === 2)
      answer(refuse(['the second']))
      expect(said(await mta.answer())).toBe('y550 5.7.1 the second\0')
      expect(mta.answers).toEqual([])
    })
  }

  it('is answered however slowly when the peer sent all it has to say in one piece', async () => {
    const { mta, names, errors } = await negotiated({
      async endOfMessage() {
        await sleep(5)
        return { kind: 'accept', edits: [] }
      },
    })
    mta.send(...message, end, abort, ...message, end, abort, quit)
    await until(() => mta.closed)
    expect(mta.answers.map(said)).toEqual(['a', 'a'])
    expect(names().filter((name) => name === 'abort')).toHaveLength(2)
    expect(errors).toEqual([])
  })

  it('closes the connection when the MTA sends the next message before the answer', async () => {
    const { mta, names, errors } = await negotiated({ endOfMessage: never })
    mta.send(...message, end)
    await until(() => names().includes('body'))
    await sleep(1)
    mta.send(mail)
    await until(() => mta.closed)
    expect(errors).toHaveLength(1)
    expect(names().slice(-2)).toEqual(['abort', 'close'])
  })

  it('says every five seconds that it is still deciding, and nothing once it answers', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      let answer: (final: FinalAnswer) => void = () => {}
      const deciding = vi.fn(
        () =>
          new Promise<FinalAnswer>((resolve) => {
            answer = resolve
          }),
      )
      const { mta } = await negotiated({ endOfMessage: deciding })
      mta.send(...message, end)
      await until(() => deciding.mock.calls.length === 1)
      vi.advanceTimersByTime(16_000)
      expect([said(await mta.answer()), said(await mta.answer()), said(await mta.answer())]).toEqual([
        'p',
        'p',
        'p',
      ])
      answer({ kind: 'accept', edits: [] })
      expect(said(await mta.answer())).toBe('a')
      vi.advanceTimersByTime(60_000)
      expect(mta.answers).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })

  it('takes a new body only as fast as the MTA reads it', async () => {
    let given = 0
    const { mta, names, errors } = await negotiated({
      endOfMessage: async () => ({
        kind: 'accept',
        edits: [],
        body: (async function* () {
          while (given++ < 500) yield Buffer.alloc(65536)
        })(),
      }),
    })
    mta.pause()
    mta.send(...message, end)
    await until(() => given > 0)
    for (let turns = 0; turns < 200; turns++) await sleep(0)
    expect(given).toBeLessThan(10)
    mta.resume()
    const answers = await mta.finalAnswer()
    expect(answers.at(-1)?.command).toBe('a')
    expect(answers.reduce((sum, packet) => sum + packet.data.length, 0)).toBe(500 * 65536)
    mta.send(abort, quit)
    await until(() => mta.closed)
    expect(names().slice(-2)).toEqual(['abort', 'close'])
    expect(errors).toEqual([])
  })

  it('without a method accepts', async () => {
    const { mta } = startSession({}, { newFilter: () => ({}), decides: [] })
    await mta.ask(postfixOffer)
    expect(said(await mta.ask(mail, end))).toBe('a')
  })
})

describe('the order of commands', () => {
  const atEveryPoint: [string, Command[]][] = [
    ['anything before the negotiation', [connect]],
    ['a second negotiation', [postfixOffer, postfixOffer]],
    ['a second connect', [postfixOffer, connect, connect]],
    ['a connect within a message', [postfixOffer, mail, connect]],
    ['a recipient after HELO ended its message', [postfixOffer, connect, mail, helo, recipient]],
    ['a recipient without sender', [postfixOffer, recipient]],
    ['a recipient after DATA', [postfixOffer, mail, recipient, data, recipient]],
    ['DATA twice', [postfixOffer, mail, data, data]],
    ['DATA without message', [postfixOffer, data]],
    ['a header after the header', [postfixOffer, mail, endOfHeader, header]],
    ['a header after the body', [postfixOffer, mail, body, header]],
    ['the end of the header twice', [postfixOffer, mail, endOfHeader, endOfHeader]],
    ['a body without message', [postfixOffer, body]],
    ['an end without message', [postfixOffer, end]],
    ['an end twice', [postfixOffer, mail, end, end]],
    ['an end after ABORT', [postfixOffer, mail, recipient, abort, end]],
  ]
  for (const [what, commands] of atEveryPoint) {
    it(`ends the connection at ${what}`, async () => {
      const { mta, errors, names } = startSession()
      mta.send(...commands)
      await until(() => mta.closed)
      expect(errors).toHaveLength(1)
      expect(names().at(-1)).toBe('close')
    })
  }

  for (const [what, commands] of [
    ['no body at all', [mail, recipient, data, header, endOfHeader, end]],
    ['no DATA, as old MTAs have it', [mail, recipient, header, endOfHeader, body, end]],
    ['nothing but sender and end', [mail, end]],
    ['HELO twice', [connect, helo, abort, helo, mail, end]],
    ['HELO that ends a message as RSET does', [connect, helo, mail, recipient, helo, mail, end]],
    ['ABORT without message, and twice', [connect, abort, abort, mail, end]],
    ['a message given up for the next without ABORT', [mail, recipient, data, mail, end]],
  ] as const) {
    it(`allows ${what}`, async () => {
      const { mta, errors } = await negotiated()
      expect(said(await mta.ask(...commands))).toBe('a')
      expect(errors).toEqual([])
    })
  }

  it('tells the filter that a message is over when the next begins without ABORT', async () => {
    const { mta, names } = await negotiated()
    await mta.ask(mail, recipient, data, mail, end)
    expect(names()).toEqual(['mail', 'recipient', 'data', 'abort', 'mail', 'endOfMessage'])
  })

  it('begins a new connection with a new filter on the same socket', async () => {
    const { mta, names, errors } = await negotiated({}, { decides: ['connect'] })
    expect(said(await mta.ask(connect))).toBe('c')
    expect(said(await mta.ask(mail, recipient, data, end))).toBe('a')
    expect(said(await mta.ask({ kind: 'quitNewConnection' }, connect))).toBe('c')
    expect(names()).toEqual(['connect', 'mail', 'recipient', 'data', 'endOfMessage', 'close', 'connect'])
    expect(errors).toEqual([])
  })

  it('forgets the macros and refusals of the connection before', async () => {
    let first = true
    const { mta, events } = await negotiated({
      helo: () => {
        const answer = first ? refuse(['no']) : ('continue' as const)
        first = false
        return answer
      },
    })
    const macros: Command = { kind: 'macros', of: 'C', macros: new Map([['client_addr', '192.0.2.1']]) }
    expect(said(await mta.ask(macros, connect, helo, mail, end))).toMatch(/^y550/)
    expect(said(await mta.ask({ kind: 'quitNewConnection' }, connect, helo, mail, end))).toBe('a')
    expect(events.filter(([kind]) => kind === 'connect').map((event) => event[5])).toEqual([
      { client_addr: '192.0.2.1' },
      {},
    ])
  })
})

test('a filter whose abort and close throw harms nobody', async () => {
  const broken = () => {
    throw new Error('bug')
  }
  const { mta, errors } = await negotiated({ abort: broken, close: broken })
  expect(said(await mta.ask(...message, end))).toBe('a')
  mta.send(abort, quit)
  await until(() => mta.closed)
  await until(() => errors.length === 2)
})

describe('a stop', () => {
  it('ends an idle connection at once', async () => {
    const { mta, session } = await negotiated()
    session.stop()
    await until(() => mta.closed)
  })

  it('lets a message under way finish', async () => {
    const { mta, session } = await negotiated()
    mta.send(mail, recipient)
    await sleep(1)
    session.stop()
    expect(said(await mta.ask(data, header, endOfHeader, body, end))).toBe('a')
    await until(() => mta.closed)
  })

  it('takes no further message', async () => {
    const { mta, session, names } = await negotiated()
    mta.send(mail)
    await until(() => names().includes('mail'))
    session.stop()
    mta.send(abort, mail)
    await until(() => mta.closed)
    expect(names().filter((name) => name === 'mail')).toHaveLength(1)
  })
})
