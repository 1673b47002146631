import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Clamd, startClamd } from '../../src/demonstration/clamd.ts'
import { type DnsServer, startDnsServer, type Zone } from '../../src/demonstration/dns-server.ts'
import { makeSendingDomain, recordsOf } from '../../src/demonstration/sender-records.ts'
import { startFakeClamd } from '../support/fake-clamd.ts'
import { type Lie, lies, startLyingResolver } from '../support/lying-resolver.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, sendFrom } from '../support/site-mail.ts'

const sender = makeSendingDomain({ domain: 'ordnung.example', clientAddress: '192.0.2.50' })
const zone: Zone = recordsOf(sender, 'mx.ordnung.example')

describe.skipIf(noSite)(`faults of scanner and resolver${noSite ? ` (${noSite})` : ''}`, async () => {
  // The gateway asks this one; Postfix asks the site's own, so that it is the gateway that answers.
  const honest = await startDnsServer({ address: '127.0.0.1', port: 0, zone })
  let resolver: DnsServer | undefined = honest
  const { port } = honest
  const site = siteForTests({ resolver: `127.0.0.1:${port}` })
  let clamd: Clamd | undefined
  afterAll(async () => {
    await clamd?.[Symbol.asyncDispose]()
    await resolver?.[Symbol.asyncDispose]()
  })

  const send = async (text: string) => sendFrom(site(), sender, await letterFrom(sender, { text }))
  const arrivals = (text: string) =>
    site()
      .received()
      .filter(({ content }) => content.includes(text)).length

  test('all is well to begin with', async () => {
    expect((await send('Anfang')).text).toMatch(/^250 /)
  })

  for (const [what, answer] of [
    ['that says a limit was exceeded', 'INSTREAM size limit exceeded. ERROR\0'],
    ['that says an error in the words of a verdict', "stream: Can't allocate memory ERROR\0"],
    ['that says OK, but not of this stream', 'OK\0'],
    ['that talks on behind its verdict', 'stream: OK\0stream: OK\0'],
    ['that answers bytes', Buffer.from([0xff, 0xfe, 0x00, 0x01]).toString('latin1')],
    ['that hangs up', ''],
  ] as const) {
    test(`nothing is taken past a scanner ${what}`, async () => {
      await site().clamd.child.stop()
      await using fake = await startFakeClamd(site().clamd.socket, answer)
      expect((await send(what)).text).toMatch(/^451-4\.3\.0 /)
      expect(fake.asked).toBeGreaterThan(0)
      expect(arrivals(what)).toBe(0)
    })
  }

  test('a scanner that hangs takes nothing in, and the mail is deferred when it is ended', async () => {
    await using hanging = await startFakeClamd(site().clamd.socket, undefined)
    const reply = send('haengt')
    await expect.poll(() => hanging.asked, { timeout: 60_000 }).toBeGreaterThan(0)
    expect(arrivals('haengt')).toBe(0)
    await hanging[Symbol.asyncDispose]()
    expect((await reply).text).toMatch(/^451-4\.3\.0 /)
    expect(arrivals('haengt')).toBe(0)
  })

  test('with the scanner back the same mail is taken, without a restart of anything else', async () => {
    const { run, log } = site().folders
    clamd = await startClamd(join(run, 'clamd'), run, join(log, 'clamd.log'))
    expect((await send('haengt')).text).toMatch(/^250 /)
    await expect.poll(() => arrivals('haengt'), { timeout: 60_000 }).toBe(1)
  })

  const unknown = /^451-4\.(4\.3|7\.24) /
  for (const fault of ['servfail', 'silent'] as const) {
    test(`nobody is refused or taken while the name server is ${fault}`, async () => {
      honest.replaceZone(Object.fromEntries(Object.keys(zone).map((name) => [name, fault])))
      expect((await send(fault)).text).toMatch(unknown)
      expect(arrivals(fault)).toBe(0)
    })
  }

  for (const lie of Object.keys(lies) as Lie[]) {
    test(`nobody is refused or taken while the name server answers with ${lie}`, async () => {
      await resolver?.[Symbol.asyncDispose]()
      resolver = undefined
      await using _liar = await startLyingResolver('127.0.0.1', port, lie)
      expect((await send(lie)).text).toMatch(unknown)
      expect(arrivals(lie)).toBe(0)
    })
  }

  test('with the name server back the mail is taken', async () => {
    resolver = await startDnsServer({ address: '127.0.0.1', port, zone })
    expect((await send('Ende')).text).toMatch(/^250 /)
    await expect.poll(() => arrivals('Ende'), { timeout: 60_000 }).toBe(1)
  })
})
