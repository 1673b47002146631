import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { startDnsServer, type Zone } from '../../../src/demonstration/dns-server.ts'
import { type DnsList, openDnsLists } from '../../../src/inspection/dns-lists.ts'
import { openAddressLookup } from '../../../src/inspection/resolver.ts'
import { type Lie, lies, startLyingResolver } from '../../support/lying-resolver.ts'

const list: DnsList = { name: 'List', zone: 'bl.example', of: 'addresses', codes: { '127.0.0.2': 'strong' } }
const zone: Zone = {
  '2.0.0.127.bl.example': { A: ['127.0.0.2'] },
  '66.100.51.198.bl.example': { A: ['127.0.0.2'] },
}
const listed = { ip: '198.51.100.66' }
const nobodyKnows = { hits: [], failed: ['List'] }
const loopback = { address: '127.0.0.1', port: 0 }

const listsBy = (port: number, perQueryMs: number) =>
  openDnsLists([list], {
    lookup: openAddressLookup([`127.0.0.1:${port}`], { perQueryMs }),
    now: () => new Date(),
    onChange: () => {},
  })

describe('lists over a name server', () => {
  it('that works list a server, and no other', async () => {
    await using dns = await startDnsServer({ ...loopback, zone })
    const lists = listsBy(dns.port, 5000)
    expect(await lists.ask(listed)).toEqual({
      hits: [{ list: 'List', subject: 'ip', weight: 'strong', value: '198.51.100.66' }],
      failed: [],
    })
    expect(await lists.ask({ ip: '198.51.100.67' })).toEqual({ hits: [], failed: [] })
  })

  it('answer a thousand mails of a thousand servers at once', async () => {
    await using dns = await startDnsServer({ ...loopback, zone })
    const lists = listsBy(dns.port, 30_000)
    const servers = Array.from({ length: 1000 }, (_, at) => `198.18.${at >> 8}.${at & 255}`)
    const answers = await Promise.all([listed.ip, ...servers].map((ip) => lists.ask({ ip })))
    expect(answers.map(({ failed }) => failed.length)).toEqual(answers.map(() => 0))
    expect(answers.flatMap(({ hits }) => hits)).toHaveLength(1)
  })

  for (const fault of ['servfail', 'silent'] as const) {
    it(`that is ${fault} list nobody, and say that nobody knows`, async () => {
      const broken = Object.fromEntries(Object.keys(zone).map((name) => [name, fault]))
      await using dns = await startDnsServer({ ...loopback, zone: broken })
      expect(await listsBy(dns.port, 300).ask(listed)).toEqual(nobodyKnows)
    })
  }

  it('that is down list nobody', async () => {
    const dns = await startDnsServer({ ...loopback, zone })
    await dns[Symbol.asyncDispose]()
    expect(await listsBy(dns.port, 300).ask(listed)).toEqual(nobodyKnows)
  })

  for (const lie of Object.keys(lies) as Lie[]) {
    it(`that answers with ${lie} list nobody`, async () => {
      const dns = await startDnsServer({ ...loopback, zone })
      const { port } = dns
      await dns[Symbol.asyncDispose]()
      await using _liar = await startLyingResolver('127.0.0.1', port, lie)
      expect(await listsBy(port, 300).ask(listed)).toEqual(nobodyKnows)
    })
  }

  it('that is too slow list nobody, and its late answer changes nothing of what was said', async () => {
    const { promise: late, resolve: answerNow } = Promise.withResolvers<void>()
    const socket = createSocket('udp4')
    socket.on('message', (query, from) => {
      const { id = 0, questions = [] } = decode(query)
      const name = questions[0]?.name ?? ''
      const answers = [{ type: 'A', name, ttl: 60, data: '127.0.0.2' } as const]
      const reply = encode({ type: 'response', id, questions, answers })
      void late.then(() => socket.send(reply, from.port, from.address))
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const lists = listsBy(socket.address().port, 300)
    expect(await lists.ask(listed)).toEqual(nobodyKnows)
    answerNow()
    expect(await lists.ask(listed)).toEqual(nobodyKnows)
    await new Promise<void>((resolve) => socket.close(() => resolve()))
  })

  it('hold as long as their time to live says', async () => {
    await using dns = await startDnsServer({ ...loopback, zone })
    const answers = await openAddressLookup([`127.0.0.1:${dns.port}`], { perQueryMs: 5000 })(
      '66.100.51.198.bl.example',
    )
    expect(answers).toEqual([{ address: '127.0.0.2', ttl: 5 }])
  })
})
