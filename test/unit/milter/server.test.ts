import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { ConnectionFilter, FinalAnswer } from '../../../src/milter/filter.ts'
import type { Command } from '../../../src/milter/parse-command.ts'
import { type MilterServerOptions, startMilterServer } from '../../../src/milter/server.ts'
import { MilterPeer, postfixOffer, until, writeCommand } from '../../support/milter-peer.ts'
import { recordingFilter } from '../../support/recording-filter.ts'

const connected: Command = { kind: 'connect', hostName: 'h', family: 'inet', port: 1, address: '192.0.2.1' }
const mail: Command = { kind: 'mail', address: '<a@b.test>', parameters: [] }
const recipient: Command = { kind: 'recipient', address: '<r@b.test>', parameters: [] }
const data: Command = { kind: 'data' }
const end: Command = { kind: 'endOfMessage', chunk: Buffer.alloc(0) }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milter-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function start(changes: Partial<ConnectionFilter> = {}, options: Partial<MilterServerOptions> = {}) {
  const errors: unknown[] = []
  const events: unknown[][] = []
  const server = await startMilterServer({
    listen: join(folder, 'inbound.sock'),
    newFilter: () => recordingFilter(events, changes),
    decides: [],
    maxConnections: 50,
    onError: (error) => errors.push(error),
    ...options,
  })
  return { server, errors, events, [Symbol.asyncDispose]: () => server.stop(0) }
}

function dial(address: string): Socket {
  const inet = /^inet:\[?(.*?)\]?:(\d+)$/.exec(address)
  return inet ? connect(Number(inet[2]), inet[1]) : connect(address)
}

/** A whole message over a connection of its own; the final answer's command byte. */
async function passMessage(address: string): Promise<string | undefined> {
  const mta = new MilterPeer(dial(address))
  await mta.ask(postfixOffer)
  mta.send(connected, mail, recipient, data, end)
  let answer = await mta.answer()
  // Over TCP, DATA is answered too.
  while (answer.command === 'c') answer = await mta.answer()
  mta.send({ kind: 'abort' }, { kind: 'quit' })
  await until(() => mta.closed)
  return answer.command
}

for (const listen of ['unix', 'inet:127.0.0.1:0', 'inet:[::1]:0']) {
  it(`carries messages over ${listen}, and says where it listens`, async () => {
    await using started = await start({}, listen === 'unix' ? {} : { listen })
    expect(started.server.address).toMatch(listen === 'unix' ? /inbound\.sock$/ : /^inet:.*:[1-9]\d+$/)
    expect(await passMessage(started.server.address)).toBe('a')
    expect(await passMessage(started.server.address)).toBe('a')
    await until(() => started.server.connections === 0)
    expect(started.errors).toEqual([])
  })
}

test('a unix socket is for its owner and group, or as told', async () => {
  await using started = await start()
  expect((await stat(started.server.address)).mode & 0o777).toBe(0o660)
  const other = join(folder, 'other.sock')
  await using _open = await start({}, { listen: other, socketMode: 0o600 })
  expect((await stat(other)).mode & 0o777).toBe(0o600)
})

test('a second gateway on the same socket does not start, and harms the first in nothing', async () => {
  await using started = await start()
  await expect(start()).rejects.toThrow('Another process')
  expect(await passMessage(started.server.address)).toBe('a')
})

test('a socket left behind by a killed process is replaced', async () => {
  const path = join(folder, 'inbound.sock')
  const child = fork(
    '-e',
    [`require("net").createServer().listen(${JSON.stringify(path)}, () => process.send("up"))`],
    {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  )
  await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect((await stat(path)).isSocket()).toBe(true)
  await using started = await start()
  expect(await passMessage(started.server.address)).toBe('a')
})

test('the socket is gone after a stop', async () => {
  const { server } = await start()
  await server.stop(0)
  await server.stop(0)
  expect(await readdir(folder)).toEqual([])
})

test('the connection above the limit is closed, the others go on', async () => {
  await using started = await start({}, { maxConnections: 2 })
  const peers = [1, 2].map(() => new MilterPeer(dial(started.server.address)))
  for (const peer of peers) await peer.ask(postfixOffer)
  const third = new MilterPeer(dial(started.server.address))
  await until(() => third.closed)
  expect(started.errors).toHaveLength(1)
  for (const peer of peers) {
    peer.send(mail, end)
    expect((await peer.answer()).command).toBe('a')
  }
  peers[0]?.close()
  await until(() => started.server.connections === 1)
  expect(await passMessage(started.server.address)).toBe('a')
})

test('a filter that cannot be made closes its connection only', async () => {
  let broken = true
  await using started = await start(
    {},
    {
      newFilter() {
        if (broken) throw new Error('bug')
        return {}
      },
    },
  )
  const mta = new MilterPeer(dial(started.server.address))
  await until(() => mta.closed)
  expect(started.errors).toHaveLength(1)
  broken = false
  expect(await passMessage(started.server.address)).toBe('a')
})

test('a connection reset at any point harms nobody and leaves nothing open', async () => {
  await using started = await start({}, { listen: 'inet:127.0.0.1:0' })
  const wire = Buffer.concat([postfixOffer, connected, mail, recipient, data, end].map(writeCommand))
  for (let at = 0; at <= wire.length; at += 7) {
    const socket = dial(started.server.address)
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(wire.subarray(0, at))
    socket.resetAndDestroy()
  }
  await until(() => started.server.connections === 0)
  expect(await passMessage(started.server.address)).toBe('a')
})

describe('a stop', () => {
  it('waits for the message in hand, closes idle connections, takes no new ones', async () => {
    let answer: (final: FinalAnswer) => void = () => {}
    let asked = false
    const { server } = await start({
      endOfMessage: () => {
        asked = true
        return new Promise((resolve) => {
          answer = resolve
        })
      },
    })
    const idle = new MilterPeer(dial(server.address))
    await idle.ask(postfixOffer)
    const busy = new MilterPeer(dial(server.address))
    await busy.ask(postfixOffer)
    busy.send(mail, end)
    await until(() => asked)
    let stopped = false
    const stopping = server.stop(60_000).then(() => {
      stopped = true
    })
    await until(() => idle.closed)
    const late = new MilterPeer(dial(server.address))
    await until(() => late.closed)
    expect(stopped).toBe(false)
    answer({ kind: 'accept', edits: [] })
    expect((await busy.answer()).command).toBe('a')
    await stopping
    expect(server.connections).toBe(0)
  })

  it('gives up after the grace, and tells the filter', async () => {
    let signal: AbortSignal | undefined
    const { server } = await start({
      endOfMessage: (_, gone) => {
        signal = gone
        return new Promise(() => {})
      },
    })
    const mta = new MilterPeer(dial(server.address))
    await mta.ask(postfixOffer)
    mta.send(mail, end)
    await until(() => signal !== undefined)
    await server.stop(1)
    expect(signal?.aborted).toBe(true)
    await until(() => mta.closed)
    expect(mta.answers).toEqual([])
  })
})

test('whatever a peer sends, nothing crashes, and the session beside it goes on', async () => {
  await using started = await start({}, { decides: ['recipient'] })
  const neighbour = new MilterPeer(dial(started.server.address))
  await neighbour.ask(postfixOffer)
  const commands: Command[] = [
    postfixOffer,
    connected,
    { kind: 'helo', name: 'h' },
    mail,
    recipient,
    data,
    { kind: 'header', name: 'A', value: ' b\n c' },
    { kind: 'endOfHeader' },
    { kind: 'body', chunk: Buffer.from('x') },
    end,
    { kind: 'abort' },
    { kind: 'quitNewConnection' },
    { kind: 'unknown' },
    { kind: 'quit' },
    { kind: 'macros', of: 'M', macros: new Map([['i', 'A']]) },
  ]
  const bytes = fc.uint8Array({ maxLength: 30 }).map((random) => Buffer.from(random))
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...commands).map(writeCommand) },
    { weight: 1, arbitrary: bytes },
    // A packet with a byte changed.
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...commands), fc.nat(60), fc.nat(255))
        .map(([command, at, byte]) => {
          const packet = writeCommand(command)
          packet[at % packet.length] = byte
          return packet
        }),
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const peer = new MilterPeer(dial(started.server.address))
      peer.send(writeCommand(postfixOffer), ...pieces, Buffer.from([0, 0, 0, 0]))
      // The impossible packet at the end closes it at the latest, unless a length swallowed it.
      await until(() => peer.closed || peer.answers.length > 0)
      peer.close()
      neighbour.send(mail, recipient, end, { kind: 'abort' })
      expect((await neighbour.answer()).command).toBe('c')
      expect((await neighbour.answer()).command).toBe('a')
    }),
    { numRuns: 300 },
  )
  await until(() => started.server.connections === 1)
}, 60_000)

test('a peer that sends without end and reads nothing is not buffered without end', async () => {
  await using started = await start({}, { decides: ['recipient'] })
  const socket = dial(started.server.address)
  socket.on('error', () => {})
  socket.pause()
  socket.write(Buffer.concat([postfixOffer, mail].map(writeCommand)))
  const burst = Buffer.concat(Array.from({ length: 2000 }, () => writeCommand(recipient)))
  // Bursts until the kernel takes no more: then our side has stopped reading.
  let sent = 0
  for (let quiet = 0; quiet < 50; ) {
    if (socket.writableNeedDrain) {
      quiet += 1
      await sleep(10)
    } else {
      quiet = 0
      socket.write(burst)
      sent += burst.length
      expect(sent).toBeLessThan(50_000_000)
    }
  }
  const recipients = started.events.filter(([kind]) => kind === 'recipient').length
  await sleep(20)
  expect(started.events.filter(([kind]) => kind === 'recipient').length).toBe(recipients)
  expect(await passMessage(started.server.address)).toBe('a')
  socket.destroy()
})
