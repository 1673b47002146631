import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlServer } from '../../../src/gateway/calls/control-server.ts'
import { portalCalls } from '../../../src/gateway/calls/portal-calls.ts'
import { portalHandlers } from '../../../src/gateway/calls/portal-handlers.ts'
import { askedAddress } from '../../../src/keys/discovery/asked-address.ts'
import { webKeyDirectory, wkdUrl } from '../../../src/keys/discovery/web-key-directory.ts'
import { wkdHash } from '../../../src/keys/discovery/wkd-hash.ts'
import { type Portal, startPortal } from '../../../src/portal/portal.ts'
import { gpgShows, ownPgpKey } from '../../support/published-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const address = 'Anna.Weber@kanzlei.example'
const folder = temporaryFolder()
const path = `${folder.path}/portal.sock`
const hash = wkdHash('anna.weber')
let gateway: AsyncDisposable
let portal: Portal

beforeAll(async () => {
  const key = await ownPgpKey([address.toLowerCase()])
  gateway = await startControlServer({
    path,
    calls: portalCalls,
    handlers: portalHandlers({
      organization: { name: 'Kanzlei', telephone: '', domains: ['kanzlei.example'] },
      keyStore: { list: async () => [key] },
      now: () => new Date(),
    }),
    onError: () => {},
  })
  portal = await startPortal({ listen: 'inet:127.0.0.1:0', gateway: path, onError: () => {} })
})
afterAll(async () => {
  await portal[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const root = '/.well-known/openpgpkey'
const ask = (place: string, init?: RequestInit) => fetch(`${portal.url}${place}`, init)

describe('The web key directory of the portal', () => {
  for (const place of [`${root}/kanzlei.example/hu/${hash}?l=Anna.Weber`, `${root}/hu/${hash}`]) {
    it(`gives a binary key at ${place.slice(0, 45)}… to programs and to scripts`, async () => {
      const response = await ask(place)
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'x-content-type-options': 'nosniff',
        'access-control-allow-origin': '*',
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      expect(gpgShows(bytes, folder.path).userIds).toEqual(['Somebody <anna.weber@kanzlei.example>'])
      const head = await ask(place, { method: 'HEAD' })
      expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0])
      expect(head.headers.get('content-length')).toBe(`${bytes.length}`)
    })
  }

  it('has a policy file where it has keys', async () => {
    for (const place of [
      `${root}/policy`,
      `${root}/kanzlei.example/policy`,
      `${root}/KANZLEI.example/policy`,
    ])
      expect((await ask(place)).status).toBe(200)
    expect((await ask(`${root}/other.example/policy`)).status).toBe(404)
  })

  it('has nothing for others', async () => {
    for (const place of [
      `hu/${wkdHash('eve')}`,
      `other.example/hu/${hash}`,
      'hu/__proto__',
      'hu/',
      '..%2f..%2fhu',
    ])
      expect((await ask(`${root}/${place}`)).status).toBe(404)
  })

  it('is read by our own search, by both methods', async () => {
    const asked = askedAddress(address)
    if (!asked) throw new Error('an odd address')
    for (const method of ['advanced', 'direct'] as const) {
      const lookup = async (host: string) => {
        if (host.startsWith('openpgpkey') && method === 'direct')
          throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
        return ['192.0.2.1']
      }
      const fetched: string[] = []
      const source = webKeyDirectory(async (url) => {
        fetched.push(url)
        const { pathname, search } = new URL(url)
        const response = await ask(`${pathname}${search}`)
        const body = new Uint8Array(await response.arrayBuffer())
        return { kind: 'answer', status: response.status, contentType: '', body }
      }, lookup)
      expect((await source.ask(asked, new AbortController().signal)).kind).toBe('found')
      expect(fetched).toEqual([wkdUrl(method, asked)])
    }
  })

  it('is away with the gateway', async () => {
    const alone = await startPortal({
      listen: 'inet:127.0.0.1:0',
      gateway: `${path}.none`,
      onError: () => {},
    })
    try {
      const response = await fetch(`${alone.url}${root}/hu/${hash}`)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
    } finally {
      await alone[Symbol.asyncDispose]()
    }
  })
})
