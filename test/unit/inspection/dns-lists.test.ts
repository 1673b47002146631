import { describe, expect, it } from 'vitest'
import { type DnsList, type ListSubjects, openDnsLists } from '../../../src/inspection/dns-lists.ts'
import type { ListState } from '../../../src/inspection/list-health.ts'
import type { AddressAnswer } from '../../../src/inspection/resolver.ts'

const minuteMs = 60_000
const servers: DnsList = {
  name: 'Server list',
  zone: 'key.bl.example',
  of: 'addresses',
  codes: { '127.0.0.2-9': 'strong', '127.0.0.10-11': 'weak' },
  url: 'https://bl.example/?q={subject}',
}
const domains: DnsList = {
  name: 'Domain list',
  zone: 'dbl.example',
  of: 'domains',
  codes: { '127.0.1.*': 'strong' },
}
const passing = {
  '2.0.0.127.key.bl.example': ['127.0.0.2'],
  'test.dbl.example': ['127.0.1.2'],
}

type Zone = Record<string, readonly string[] | 'ESERVFAIL' | 'ETIMEOUT'>

/** Lists over a DNS that is a table, and a clock that only moves when it is told to. */
function listsOver(records: Zone, lists: readonly DnsList[] = [servers, domains], ttl = 300) {
  const zone = { ...records }
  const asked: string[] = []
  const changes: Pick<ListState, 'list' | 'state'>[] = []
  const clock = { ms: Date.parse('2026-11-22T08:00:00Z') }
  const opened = openDnsLists(lists, {
    now: () => new Date(clock.ms),
    onChange: ({ list, state }) => changes.push({ list, state }),
    lookup: async (name): Promise<readonly AddressAnswer[]> => {
      asked.push(name)
      const found = (await zone[name]) ?? zone['*'] ?? 'ENOTFOUND'
      if (typeof found === 'string') throw Object.assign(new Error(found), { code: found })
      return found.map((address) => ({ address, ttl }))
    },
  })
  const askedFor = (part: string) => asked.filter((name) => name.includes(part)).length
  const states = () => opened.states().map(({ state }) => state)
  return { ...opened, asked, askedFor, changes, clock, zone, stateNames: states }
}

const listed: ListSubjects = { ip: '192.0.2.66', author: 'boese.example', envelope: 'gut.example' }

describe('lists in the DNS', () => {
  it('tell what they list, by server, author and envelope sender', async () => {
    const lists = listsOver({
      ...passing,
      '66.2.0.192.key.bl.example': ['127.0.0.4', '127.0.0.10'],
      'boese.example.dbl.example': ['127.0.1.2'],
    })
    expect(await lists.ask(listed)).toEqual({
      failed: [],
      hits: [
        {
          list: 'Server list',
          subject: 'ip',
          weight: 'strong',
          value: '192.0.2.66',
          url: 'https://bl.example/?q=192.0.2.66',
        },
        { list: 'Domain list', subject: 'author', weight: 'strong', value: 'boese.example' },
      ],
    })
    expect(lists.changes).toEqual([
      { list: 'Server list', state: 'on' },
      { list: 'Domain list', state: 'on' },
    ])
  })

  it('are asked nothing where the settings name none', async () => {
    const lists = listsOver({}, [])
    expect(await lists.ask(listed)).toEqual({ hits: [], failed: [] })
    expect(lists.asked).toEqual([])
  })

  it('are asked nothing about addresses of a house, and nothing about what is unknown', async () => {
    const lists = listsOver(passing)
    await lists.ask({ ip: '192.168.1.9', author: undefined })
    await lists.ask({})
    expect(lists.asked.filter((name) => !/^(2\.0\.0\.127|1\.0\.0\.127|test|invalid)\./.test(name))).toEqual(
      [],
    )
  })

  it('count a name below a listed domain too, once', async () => {
    const lists = listsOver({ ...passing, 'boese.example.dbl.example': ['127.0.1.2'] }, [domains])
    const { hits } = await lists.ask({ author: 'mail.boese.example' })
    expect(hits).toEqual([
      { list: 'Domain list', subject: 'author', weight: 'strong', value: 'mail.boese.example' },
    ])
  })

  it('are asked at the connection, and not again at the end of the message', async () => {
    const lists = listsOver({ ...passing, '66.2.0.192.key.bl.example': ['127.0.0.2'] }, [servers])
    lists.askAhead({ ip: '192.0.2.66' })
    const { hits } = await lists.ask({ ip: '192.0.2.66', author: 'boese.example' })
    expect(hits).toHaveLength(1)
    expect(lists.askedFor('66.2.0.192')).toBe(1)
  })

  it('are asked once for a thousand mails of one server at once', async () => {
    const lists = listsOver({ ...passing, '66.2.0.192.key.bl.example': ['127.0.0.2'] }, [servers])
    const all = await Promise.all(Array.from({ length: 1000 }, () => lists.ask({ ip: '192.0.2.66' })))
    expect(all.every(({ hits }) => hits.length === 1)).toBe(true)
    expect(lists.askedFor('66.2.0.192')).toBe(1)
    expect(lists.asked).toHaveLength(3)
  })

  it('are believed for as long as an answer holds, at most an hour', async () => {
    const lists = listsOver({ ...passing, '66.2.0.192.key.bl.example': ['127.0.0.2'] }, [servers], 300)
    const ask = () => lists.ask({ ip: '192.0.2.66' })
    await ask()
    lists.clock.ms += 299_000
    await ask()
    expect(lists.askedFor('66.2.0.192')).toBe(1)
    delete lists.zone['66.2.0.192.key.bl.example']
    lists.clock.ms += 2000
    expect((await ask()).hits).toEqual([])
    const forEver = listsOver({ ...passing, '66.2.0.192.key.bl.example': ['127.0.0.2'] }, [servers], 2 ** 31)
    await forEver.ask({ ip: '192.0.2.66' })
    forEver.clock.ms += 61 * minuteMs
    await forEver.ask({ ip: '192.0.2.66' })
    expect(forEver.askedFor('66.2.0.192')).toBe(2)
  })

  it('cost bounded memory, however many servers write', async () => {
    const lists = listsOver(passing, [servers])
    for (let host = 0; host < 21_000; host += 1) {
      await lists.ask({ ip: `198.${18 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}` })
    }
    const before = lists.asked.length
    await lists.ask({ ip: '198.18.0.0' })
    expect(lists.asked.length).toBe(before + 1)
  })
})

describe('a list that cannot be believed', () => {
  const ask = (lists: ReturnType<typeof listsOver>) => lists.ask({ ip: '192.0.2.66' })
  const nothing = { hits: [], failed: ['Server list'] }

  for (const [what, zone, state] of [
    ['answers to every question (a wildcard)', { ...passing, '*': ['127.0.0.2'] }, 'off'],
    ['answers to every question with an advertiser', { '*': ['203.0.113.80'] }, 'off'],
    ['answers to every question with an error code', { '*': ['127.255.255.254'] }, 'off'],
    ['lists nothing, not even its test entry', {}, 'off'],
    ['is broken', { '*': 'ESERVFAIL' }, 'silent'],
    ['is silent', { '*': 'ETIMEOUT' }, 'silent'],
  ] as const) {
    it(`that ${what} counts for neither side and is shown as ${state}`, async () => {
      const lists = listsOver({ ...zone, '66.2.0.192.key.bl.example': ['127.0.0.2'] }, [servers])
      expect(await ask(lists)).toEqual(nothing)
      expect(lists.stateNames()).toEqual([state])
      expect(lists.changes).toEqual([{ list: 'Server list', state }])
      const before = lists.asked.length
      expect(await ask(lists)).toEqual(nothing)
      expect(lists.asked.length, 'it is left alone for a while').toBe(before)
    })
  }

  it('is switched off by an error code in the middle of the day, tested after an hour, and on again', async () => {
    const lists = listsOver({ ...passing, '66.2.0.192.key.bl.example': ['127.0.0.2'] }, [servers], 1)
    expect((await ask(lists)).hits).toHaveLength(1)
    lists.zone['66.2.0.192.key.bl.example'] = ['127.255.255.255']
    lists.clock.ms += minuteMs
    expect(await ask(lists)).toEqual(nothing)
    expect(lists.states()[0]?.reason).toContain('127.255.255.255')
    lists.zone['66.2.0.192.key.bl.example'] = ['127.0.0.2']
    lists.clock.ms += 59 * minuteMs
    expect(await ask(lists)).toEqual(nothing)
    lists.clock.ms += minuteMs
    expect((await ask(lists)).hits).toHaveLength(1)
    expect(lists.changes.map(({ state }) => state)).toEqual(['on', 'off', 'on'])
  })

  it('is tested daily: a domain that was sold is noticed', async () => {
    const lists = listsOver(passing, [servers])
    expect(await ask(lists)).toEqual({ hits: [], failed: [] })
    lists.zone['1.0.0.127.key.bl.example'] = ['127.0.0.2']
    lists.clock.ms += 24 * 60 * minuteMs
    await ask(lists)
    await expect.poll(() => lists.stateNames()).toEqual(['off'])
  })

  it('is left alone for a minute after five questions without an answer', async () => {
    const lists = listsOver({ ...passing }, [servers])
    await ask(lists)
    lists.zone['*'] = 'ETIMEOUT'
    for (let host = 1; host <= 5; host += 1) {
      expect(await lists.ask({ ip: `198.51.100.${host}` })).toEqual(nothing)
    }
    expect(lists.stateNames()).toEqual(['silent'])
    const before = lists.asked.length
    await lists.ask({ ip: '198.51.100.9' })
    expect(lists.asked.length).toBe(before)
    delete lists.zone['*']
    lists.clock.ms += minuteMs
    expect(await lists.ask({ ip: '198.51.100.9' })).toEqual({ hits: [], failed: [] })
  })

  it('does not touch what another list says', async () => {
    const lists = listsOver({
      ...passing,
      '2.0.0.127.key.bl.example': 'ETIMEOUT',
      '1.0.0.127.key.bl.example': 'ETIMEOUT',
      'boese.example.dbl.example': ['127.0.1.2'],
    })
    const { hits, failed } = await lists.ask(listed)
    expect(failed).toEqual(['Server list'])
    expect(hits.map(({ list }) => list)).toEqual(['Domain list'])
  })
})
