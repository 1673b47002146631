import { Resolver } from 'node:dns/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DnsServer, startDnsServer } from '../../../src/demonstration/dns-server.ts'

const longText = 'k'.repeat(700)

describe('the name server of the demonstration', () => {
  let server: DnsServer
  let resolver: Resolver

  beforeAll(async () => {
    server = await startDnsServer({
      address: '127.0.0.1',
      port: 0,
      mxOfUnknown: 'mx.elsewhere.example',
      zone: {
        'a.example': {
          A: ['192.0.2.1'],
          MX: [{ preference: 10, exchange: 'mx.a.example' }],
          TXT: ['v=spf1 -all'],
        },
        'key._domainkey.a.example': { TXT: [longText] },
        '1.2.0.192.in-addr.arpa': { PTR: ['a.example'] },
        'broken.example': 'servfail',
        'silent.example': 'silent',
      },
    })
    resolver = new Resolver({ timeout: 500, tries: 1 })
    resolver.setServers([`127.0.0.1:${server.port}`])
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('gives addresses, mail hosts, texts and reverse names', async () => {
    expect(await resolver.resolve4('A.example')).toEqual(['192.0.2.1'])
    expect(await resolver.resolveMx('a.example')).toMatchObject([{ priority: 10, exchange: 'mx.a.example' }])
    expect(await resolver.resolveTxt('a.example')).toEqual([['v=spf1 -all']])
    expect(await resolver.reverse('192.0.2.1')).toEqual(['a.example'])
    expect(server.asked).toContain('A a.example')
  })

  it('cuts long texts into strings of 255 bytes, and they arrive whole', async () => {
    const [strings = []] = await resolver.resolveTxt('key._domainkey.a.example')
    expect(strings.map(({ length }) => length)).toEqual([255, 255, 190])
    expect(strings.join('')).toBe(longText)
  })

  for (const [what, ask, code] of [
    ['a name that does not exist', () => resolver.resolve4('none.example'), 'ENOTFOUND'],
    ['a name without such records', () => resolver.resolve6('a.example'), 'ENODATA'],
    ['a name above others', () => resolver.resolveTxt('_domainkey.a.example'), 'ENODATA'],
    ['a broken server', () => resolver.resolve4('broken.example'), 'ESERVFAIL'],
    ['a server that does not answer', () => resolver.resolve4('silent.example'), 'ETIMEOUT'],
  ] as const) {
    it(`tells ${what} apart`, async () => {
      await expect(ask()).rejects.toMatchObject({ code })
    })
  }

  it('knows a mail host for domains that it does not know, so that no mail leaves the machine', async () => {
    expect(await resolver.resolveMx('anything.example')).toMatchObject([
      { priority: 10, exchange: 'mx.elsewhere.example' },
    ])
  })

  it('answers from a new zone at once', async () => {
    server.replaceZone({ 'b.example': { A: ['192.0.2.2'] } })
    expect(await resolver.resolve4('b.example')).toEqual(['192.0.2.2'])
    await expect(resolver.resolve4('a.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })
})
