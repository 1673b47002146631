import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  type AddressLookup,
  boundedFetch,
  type FetchOptions,
  isPublicAddress,
  publicOr,
} from '../../../src/keys/fetch-http.ts'

const forever = new AbortController().signal

const addresses =
  (known: Record<string, readonly string[]>): AddressLookup =>
  async (name, rrtype) => {
    const found = (known[name] ?? []).filter((address) => address.includes(':') === (rrtype === 'AAAA'))
    if (found.length === 0) throw Object.assign(new Error('none'), { code: 'ENODATA' })
    return [...found]
  }

const options = (changed: Partial<FetchOptions> = {}): FetchOptions => ({
  lookup: addresses({ 'crl.test': ['127.0.0.1'] }),
  isPublic: publicOr(['crl.test']),
  limitBytes: 1000,
  timeoutMs: 5000,
  signal: forever,
  ...changed,
})

async function serve(handler: RequestListener) {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host} ${request.url}`)
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    seen,
    url: `http://crl.test:${port}/list`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('boundedFetch', () => {
  it('brings what a named host answers, under that name', async () => {
    await using server = await serve((_, response) =>
      response.setHeader('Content-Type', 'Application/PKIX-CRL; x=y').end('list'),
    )
    const fetched = await boundedFetch(server.url, options())
    expect(fetched).toEqual({
      kind: 'answer',
      status: 200,
      contentType: 'application/pkix-crl',
      body: Buffer.from('list'),
    })
    expect(server.seen).toEqual([`GET crl.test:${server.port} /list`])
  })

  it('posts a body, and tells a status that is no success', async () => {
    await using server = await serve((request, response) => {
      response.statusCode = 404
      request.pipe(response)
    })
    const fetched = await boundedFetch(server.url, options({ body: Buffer.from('question') }))
    expect(fetched).toMatchObject({ kind: 'answer', status: 404, body: Buffer.from('question') })
    expect(server.seen[0]).toMatch(/^POST /)
  })

  it('uses the other family of addresses where the first one has no route', async () => {
    await using server = await serve((_, response) => response.end('here'))
    const lookup = addresses({ 'crl.test': ['127.0.0.1', '::1'] })
    const port = server.port
    expect(await boundedFetch(`http://crl.test:${port}/`, options({ lookup }))).toMatchObject({ status: 200 })
  })

  for (const [what, handler, reason] of [
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
      'redirect',
    ],
    [
      'an announced giant',
      (_, response) => response.writeHead(200, { 'content-length': 1e9 }).write('x'),
      'too-large',
    ],
    [
      'a giant that comes in pieces',
      (_, response) => {
        const more = () => response.write(Buffer.alloc(500)) && setImmediate(more)
        more()
      },
      'too-large',
    ],
    [
      'an answer that switches protocols',
      ({ socket }) => {
        socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')
      },
      'connection',
    ],
    ['a broken answer', (request) => request.socket.destroy(), 'connection'],
    [
      'half an answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('half')
        setTimeout(() => request.socket.destroy(), 20)
      },
      'connection',
    ],
  ] as readonly (readonly [string, RequestListener, string])[]) {
    it(`takes ${what} for a failure: ${reason}`, async () => {
      await using server = await serve(handler)
      expect(await boundedFetch(server.url, options())).toMatchObject({ kind: 'failed', reason })
    })
  }

  it('gives up on a silent host, and on a message that is over', async () => {
    await using server = await serve(() => {})
    expect(await boundedFetch(server.url, options({ timeoutMs: 50 }))).toMatchObject({ reason: 'timeout' })
    const over = AbortSignal.abort()
    expect(await boundedFetch(server.url, options({ signal: over }))).toMatchObject({ reason: 'timeout' })
  })

  it('sends nothing to a host inside that no setting names', async () => {
    await using server = await serve((_, response) => response.end())
    const isPublic = publicOr(['other.test'])
    expect(await boundedFetch(server.url, options({ isPublic }))).toMatchObject({ reason: 'not-public' })
    for (const host of ['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]']) {
      const fetched = await boundedFetch(`http://${host}:${server.port}/`, options({ isPublic }))
      expect(fetched).toMatchObject({ reason: 'not-public' })
    }
    expect(server.seen).toEqual([])
  })

  it('tells a name that does not exist from a DNS that does not answer', async () => {
    expect(await boundedFetch('http://gone.test/', options())).toMatchObject({ reason: 'no-such-host' })
    const lookup = () => Promise.reject(new Error('no answer'))
    expect(await boundedFetch('http://crl.test/', options({ lookup }))).toMatchObject({ reason: 'dns' })
  })

  for (const url of ['ldap://x/', 'file:///etc/passwd', 'http://user:pw@crl.test/', 'http://', 'x']) {
    it(`does not ask ${url}`, async () => {
      expect(await boundedFetch(url, options())).toMatchObject({ kind: 'failed', reason: 'bad-url' })
    })
  }
})

describe('isPublicAddress', () => {
  it.each(['93.184.216.34', '2606:2800:220:1::1'])('takes %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'fec0::1',
    'ff02::1',
    '4000::1',
    'not an address',
  ])('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
