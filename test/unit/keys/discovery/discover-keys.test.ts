import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type DiscoveryParts, keyDiscovery } from '../../../../src/keys/discovery/discover-keys.ts'
import type { DiscoveredKey, KeySource, SourceAnswer } from '../../../../src/keys/discovery/discovered-key.ts'
import { openSources } from '../../../../src/keys/discovery/open-sources.ts'
import { offerKey } from '../../../../src/keys/offer-key.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { startSecureNameServer } from '../../../support/secure-name-server.ts'

const forever = new AbortController().signal
const noon = new Date('2026-12-01T12:00:00Z')
const minute = 60_000
const hour = 60 * minute
const dave = readFileSync(new URL('../../../keys/pgp/dave-curve25519.pub.asc', import.meta.url), 'utf8')
const davesKey: DiscoveredKey = {
  kind: 'openpgp',
  material: dave,
  chain: [],
  source: 'wkd',
  trust: 'discovered',
}
const found: SourceAnswer = { kind: 'found', keys: [davesKey] }

function source(name: string, answer: () => SourceAnswer | Promise<SourceAnswer>) {
  const asked: string[] = []
  const made: KeySource = {
    name,
    ask: async ({ address }) => {
      asked.push(address)
      return answer()
    },
  }
  return { ...made, asked }
}

async function discovery(
  sources: readonly KeySource[],
  clock = { now: noon },
  ownDomains = ['ours.example'],
) {
  const storage = await openTestStorage()
  const parts: DiscoveryParts = {
    sources,
    ownDomains,
    discoveries: storage.discoveries,
    offer: (key, at) => offerKey(key, { keyStore: storage.keyStore, anchors: [], at }),
    now: () => clock.now,
  }
  return {
    storage,
    clock,
    discover: keyDiscovery(parts),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
}

describe('Discovery', () => {
  it('puts what is found into the key store, for the asked address only', async () => {
    await using house = await discovery([source('wkd', () => found)])
    const report = await house.discover('Dave@partner.example', forever)
    expect(report).toMatchObject({
      isRicher: true,
      isIncomplete: false,
      sources: [{ source: 'wkd', outcome: 'found' }],
    })
    expect(report.sources[0]?.detail).toMatch(/^cdd14b158fffd8fd added: /)
    expect(await house.storage.keyStore.find('dave@partner.example')).toMatchObject([
      {
        kind: 'openpgp',
        source: 'wkd',
        trust: 'discovered',
        state: 'active',
        addresses: ['dave@partner.example'],
      },
    ])
  })

  it('takes no key for an address that the key does not name', async () => {
    await using house = await discovery([source('wkd', () => found)])
    const report = await house.discover('eve@partner.example', forever)
    expect(report).toMatchObject({
      isRicher: false,
      sources: [{ detail: expect.stringContaining('refused') }],
    })
    expect(await house.storage.keyStore.list()).toEqual([])
  })

  for (const [what, answer, before, after] of [
    ['a key for a week', found, 7 * 24 * hour - 1, 7 * 24 * hour],
    ['that there is none for half a day', { kind: 'none' }, 12 * hour - 1, 12 * hour],
    ['an error for a quarter of an hour', { kind: 'error', reason: 'down' }, 15 * minute - 1, 15 * minute],
  ] as const) {
    it(`remembers ${what}`, async () => {
      const wkd = source('wkd', () => answer)
      await using house = await discovery([wkd])
      await house.discover('dave@partner.example', forever)
      house.clock.now = new Date(noon.getTime() + before)
      expect(await house.discover('DAVE@partner.example', forever)).toMatchObject({
        isRicher: false,
        isIncomplete: answer.kind === 'error',
        sources: [{ outcome: answer.kind, detail: 'asked 2026-12-01T12:00:00.000Z' }],
      })
      expect(wkd.asked).toHaveLength(1)
      house.clock.now = new Date(noon.getTime() + after)
      await house.discover('dave@partner.example', forever)
      expect(wkd.asked).toHaveLength(2)
    })
  }

  it('asks again at once when an administrator wants it, or the clock went back', async () => {
    const wkd = source('wkd', () => ({ kind: 'none' }))
    await using house = await discovery([wkd])
    await house.discover('dave@partner.example', forever)
    await house.discover('dave@partner.example', forever, { anew: true })
    house.clock.now = new Date(noon.getTime() - hour)
    await house.discover('dave@partner.example', forever)
    expect(wkd.asked).toHaveLength(3)
  })

  it('asks once for many mails at the same moment', async () => {
    const wkd = source('wkd', () => found)
    await using house = await discovery([wkd])
    const reports = await Promise.all(
      Array.from({ length: 20 }, () => house.discover('dave@partner.example', forever)),
    )
    expect(wkd.asked).toHaveLength(1)
    expect(reports.every(({ isRicher }) => isRicher)).toBe(true)
  })

  it('finds what one source has while another hangs or breaks', async () => {
    const broken = source('hkp broken', () => {
      throw new Error('broken')
    })
    const hanging = source('hkp hanging', () => new Promise<never>(() => {}))
    await using house = await discovery([broken, hanging, source('wkd', () => found)])
    const report = await house.discover('dave@partner.example', forever)
    expect(report.sources.map(({ source: name, outcome }) => `${name} ${outcome}`)).toEqual([
      'hkp broken error',
      'hkp hanging error',
      'wkd found',
    ])
    expect(report).toMatchObject({ isRicher: true, isIncomplete: true })
  })

  it('keeps nobody waiting who has no more time, and finds it for the next', async () => {
    let give: (answer: SourceAnswer) => void = () => {}
    const slow = source(
      'wkd',
      () =>
        new Promise<SourceAnswer>((resolve) => {
          give = resolve
        }),
    )
    await using house = await discovery([slow])
    const impatient = await house.discover('dave@partner.example', AbortSignal.timeout(20))
    expect(impatient).toEqual({ sources: [], isRicher: false, isIncomplete: true })
    const patient = house.discover('dave@partner.example', forever)
    give(found)
    expect(await patient).toMatchObject({ isRicher: true })
    expect(slow.asked).toHaveLength(1)
  })

  it('leaves a second, different key for review, whichever of two sources is faster', async () => {
    const other = readFileSync(new URL('../../../keys/pgp/dave-revoked.pub.asc', import.meta.url), 'utf8')
    await using house = await discovery([
      source('wkd', () => found),
      source('dns', () => ({ kind: 'found', keys: [{ ...davesKey, material: other, source: 'dns' }] })),
    ])
    await house.discover('dave@partner.example', forever)
    const keys = await house.storage.keyStore.find('dave@partner.example')
    expect(keys.filter(({ state }) => state === 'active')).toHaveLength(1)
  })

  it('asks nobody for our own addresses, nor for odd ones', async () => {
    const wkd = source('wkd', () => found)
    await using house = await discovery([wkd])
    for (const address of ['ann@ours.example', 'ann@OURS.example', 'ann@127.0.0.1', 'a@b@c.example', 'ann'])
      expect(await house.discover(address, forever)).toMatchObject({ sources: [], isIncomplete: false })
    expect(wkd.asked).toEqual([])
  })
})

describe('A source that is off', () => {
  const off = { wkd: false, vks: [], hkp: [], ldap: [], dns: false }

  it('sends no packet: no question to the DNS, no connection', async () => {
    await using dns = await startSecureNameServer({ records: {} })
    const questions: string[] = []
    const lookup = async (name: string, rrtype: string) => {
      questions.push(`${rrtype} ${name}`)
      return ['127.0.0.1']
    }
    const network = { lookup, resolver: [dns.server] }
    const sources = await openSources({ ...off, trustedResolver: dns.server }, network)
    expect(sources).toEqual([])
    await using house = await discovery(sources)
    await house.discover('dave@partner.example', forever)
    expect(questions).toEqual([])
    expect(dns.asked).toEqual([])
    // And the same question does ask where it is on.
    await using other = await discovery(await openSources({ ...off, dns: true }, network))
    await other.discover('dave@partner.example', forever)
    expect(dns.asked).toHaveLength(2)
  })

  it('stays out while others are on', async () => {
    const network = { lookup: async () => [], resolver: ['127.0.0.1:53'] }
    for (const [settings, names] of [
      [{ wkd: true }, ['wkd']],
      [{ vks: ['keys.example'] }, ['vks keys.example']],
      [{ hkp: ['keys.example:8443'] }, ['hkp keys.example:8443']],
      [{ ldap: [{ url: 'ldaps://ldap.example', base: 'o=x' }] }, ['ldap ldap.example']],
      [{ dns: true }, ['dns']],
    ] as const) {
      const sources = await openSources({ ...off, ...settings }, network)
      expect(sources.map(({ name }) => name)).toEqual(names)
    }
  })
})
