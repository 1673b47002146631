import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { expect, it, vi } from 'vitest'
import { lookupsOfOneMessage, openResolver } from '../../../src/inspection/resolver.ts'

const never = new AbortController().signal

/** A DNS server on loopback that does with each datagram what `answer` says. */
async function dnsServer(answer: (query: Buffer) => Buffer | undefined) {
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const reply = answer(query)
    if (reply) socket.send(reply, port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address() as AddressInfo
  return {
    server: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  }
}

/** RFC 1035 4.1.1: the query as answer with this response code, and one TXT record if there is a text. */
function reply(query: Buffer, code: number, text?: string): Buffer {
  const end = query.indexOf(0, 12) + 5
  const head = Buffer.from(query.subarray(0, end))
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(text === undefined ? 0 : 1, 6)
  head.writeUInt32BE(0, 8)
  if (text === undefined) return head
  const data = Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1')
  const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length])
  return Buffer.concat([head, record, data])
}

it('the servers and ports of the settings are asked', async () => {
  await using dns = await dnsServer((query) => reply(query, 0, 'v=spf1 -all'))
  const lookup = openResolver([dns.server], { perQueryMs: 3000 })
  expect(await lookup('partner.example', 'TXT', never)).toEqual([['v=spf1 -all']])
})

for (const [what, code, expected] of [
  ['a name that does not exist', 3, 'ENOTFOUND'],
  ['a name without such a record', 0, 'ENODATA'],
  ['a server that fails', 2, 'ESERVFAIL'],
] as const) {
  it(`${what} is told from the others`, async () => {
    await using dns = await dnsServer((query) => reply(query, code))
    const lookup = openResolver([dns.server], { perQueryMs: 3000 })
    await expect(lookup('partner.example', 'TXT', never)).rejects.toMatchObject({ code: expected })
  })
}

it('a server that is silent or answers garbage is a time-out', async () => {
  for (const answer of [
    () => undefined,
    (query: Buffer) => Buffer.concat([query.subarray(0, 2), Buffer.alloc(40, 0xff)]),
  ]) {
    await using dns = await dnsServer(answer)
    const lookup = openResolver([dns.server], { perQueryMs: 200 })
    const code = await lookup('partner.example', 'TXT', never).then(
      () => 'answer',
      (error: { code: string }) => error.code,
    )
    expect(['ETIMEOUT', 'EBADRESP']).toContain(code)
  }
})

it('messages that ask the same at the same moment ask once, and each has its own patience', async () => {
  const held: (() => void)[] = []
  let asked = 0
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    asked += 1
    held.push(() => socket.send(reply(query, 0, 'v=spf1 -all'), port, address))
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const lookup = openResolver([`127.0.0.1:${socket.address().port}`], { perQueryMs: 60_000 })
  const gone = new AbortController()
  const first = lookup('Partner.example', 'TXT', never)
  const second = lookup('partner.example', 'TXT', never)
  const left = lookup('partner.example', 'TXT', gone.signal)
  await vi.waitFor(() => expect(asked).toBe(1), 30_000)
  gone.abort()
  await expect(left).rejects.toMatchObject({ code: 'ETIMEOUT' })
  for (const answer of held.splice(0)) answer()
  expect([await first, await second]).toEqual([[['v=spf1 -all']], [['v=spf1 -all']]])

  // Nothing is remembered: what is asked later is asked anew.
  const later = lookup('partner.example', 'TXT', never)
  await vi.waitFor(() => expect(asked).toBe(2), 30_000)
  for (const answer of held) answer()
  expect(await later).toEqual([['v=spf1 -all']])
  await new Promise<void>((resolve) => socket.close(() => resolve()))
})

it('a question that failed for one message is asked anew for the next', async () => {
  let failing = true
  await using dns = await dnsServer((query) => (failing ? reply(query, 2) : reply(query, 0, 'v=spf1 -all')))
  const lookup = openResolver([dns.server], { perQueryMs: 60_000 })
  const asked = [lookup('partner.example', 'TXT', never), lookup('partner.example', 'TXT', never)]
  for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'ESERVFAIL' })
  failing = false
  expect(await lookup('partner.example', 'TXT', never)).toEqual([['v=spf1 -all']])
})

it('one message asks a bounded number of questions, the same one once', async () => {
  const asked: string[] = []
  const lookup = lookupsOfOneMessage(
    async (name) => {
      asked.push(name)
      return [name]
    },
    { totalMs: 10_000, lookups: 3 },
    never,
  )
  for (const name of ['a', 'A', 'b', 'a', 'c']) await lookup(name, 'TXT')
  await expect(lookup('d', 'TXT')).rejects.toMatchObject({ code: 'EREFUSED' })
  expect(asked).toEqual(['a', 'b', 'c'])
  expect(await lookup('b', 'TXT')).toEqual(['b'])
})

it('the time of one message ends, and so does a message that nobody waits for', async () => {
  const silent = () => new Promise<never>(() => undefined)
  const slow = lookupsOfOneMessage(silent, { totalMs: 50, lookups: 60 }, never)
  await expect(slow('a', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' })
  await expect(slow('b', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' })
  const gone = new AbortController()
  const left = lookupsOfOneMessage(silent, { totalMs: 60_000, lookups: 60 }, gone.signal)('a', 'TXT')
  gone.abort()
  await expect(left).rejects.toMatchObject({ code: 'ETIMEOUT' })
})
