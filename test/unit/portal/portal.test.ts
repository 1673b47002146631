import { connect } from 'node:net'
import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { securityHeaders } from '../../../src/portal/headers.ts'
import { type Portal, requireAccess, startPortal } from '../../../src/portal/portal.ts'
import { startPortalGateway } from '../../support/portal-gateway.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder()
const gateway = await startPortalGateway(folder.path)
const errors: unknown[] = []
let running: AsyncDisposable
let portal: Portal

beforeAll(async () => {
  running = await gateway.start()
  portal = await startPortal({
    listen: 'inet:127.0.0.1:0',
    gateway: gateway.path,
    onError: (error) => errors.push(error),
  })
})
afterAll(async () => {
  await portal[Symbol.asyncDispose]()
  await running[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
  expect(errors).toEqual([])
})

const ask = (path: string, init?: RequestInit) => fetch(`${portal.url}${path}`, init)

const existing = [
  '/',
  '/?lang=en',
  '/certificates',
  '/certificates?lang=en',
  `/certificates/${gateway.anna.certificate.fingerprint}.cer`,
  '/certificates/all.p7c',
  '/health',
  '/style.css',
  '/icon.svg',
]

describe('every answer', () => {
  for (const [path, status] of [
    ...existing.map((path) => [path, 200] as const),
    ['/nothing', 404] as const,
    [`/certificates/${'0'.repeat(64)}.cer`, 404] as const,
    ['/certificates/constructor', 404] as const,
    ['/certificates/..%2f..%2fpackage.json', 404] as const,
    ['//certificates', 404] as const,
    ['/%zz', 400] as const,
  ]) {
    it(`to ${path} is ${status} and carries the headers that protect the visitor`, async () => {
      const response = await ask(path)
      expect(response.status).toBe(status)
      expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
      expect(response.headers.has('set-cookie')).toBe(false)
      const head = await ask(path, { method: 'HEAD' })
      expect(head.status).toBe(status)
      expect(head.headers.get('content-length')).toBe(response.headers.get('content-length'))
      expect(await head.text()).toBe('')
    })
  }

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    it(`to ${method} is 405, for each page and for none`, async () => {
      for (const path of [...existing, '/nothing']) {
        const response = await ask(path, { method, ...(method === 'POST' ? { body: '{"a":1}' } : {}) })
        expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD'])
        expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
      }
    })
  }

  it('changes nothing: the same question has the same answer however often it is asked', async () => {
    for (const path of existing) {
      const bodies = new Set<string>()
      for (let round = 0; round < 3; round++) bodies.add(await (await ask(path)).text())
      expect([path, bodies.size]).toEqual([path, 1])
    }
  })
})

/** Bytes as they are; resolves when the portal closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(portal.url).port), '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('a request that no browser makes', () => {
  for (const [what, bytes, status] of [
    ['a page asked for with a body', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', 400],
    ['a body in chunks', 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a header larger than 8 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, 431],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a method of its own', 'PURGE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405],
  ] as const) {
    it(`${what} is refused with ${status}, and the connection ends`, async () => {
      expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    })
  }
})

describe('the pages', () => {
  it('speak the language that was asked for, and every link keeps it', async () => {
    const english = await (await ask('/?lang=en', { headers: { 'accept-language': 'de' } })).text()
    expect(english).toContain('<html lang="en">')
    expect(english).toContain('href="/certificates?lang=en"')
    const byBrowser = await ask('/', { headers: { 'accept-language': 'en-GB' } })
    expect(byBrowser.headers.get('vary')).toBe('Accept-Language')
    const text = await byBrowser.text()
    expect(text).toContain('<html lang="en">')
    expect(text).toContain('href="/certificates"')
    expect(await (await ask('/?lang=fr')).text()).toMatch(/<html lang="(de|en)">/)
  })

  it('have one h1 each, no script, no form and less than 60 kB', async () => {
    for (const path of ['/', '/?lang=en', '/certificates', '/certificates?lang=en', '/nothing']) {
      const text = await (await ask(path)).text()
      expect([...text.matchAll(/<h1>/g)]).toHaveLength(1)
      expect(text).not.toMatch(/<script|<form|<iframe|style="| on\w+="|javascript:/)
      expect(Buffer.byteLength(text)).toBeLessThan(60_000)
    }
  })

  it('show our name and number as text, and the number to call', async () => {
    const text = await (await ask('/?lang=de')).text()
    expect(text).toContain('Muster &amp; Söhne &quot;Steuern&quot;')
    expect(text).toContain('<a class="telephone" href="tel:+49305550100">+49 30 5550100</a>')
  })

  it('show a hostile name in a certificate as the text that it is', async () => {
    const text = await (await ask('/certificates')).text()
    expect(text).toContain('&lt;script')
    expect(text).toContain('&quot; onmouseover=')
    expect(text).not.toContain('<script')
  })

  it('offer each certificate under its address', async () => {
    const response = await ask(`/certificates/${gateway.anna.certificate.fingerprint}.cer`)
    expect(response.headers.get('content-type')).toBe('application/pkix-cert')
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="anna.weber@kanzlei-muster.example.cer"',
    )
    expect(Buffer.from(await response.arrayBuffer())).toEqual(gateway.anna.certificate.x509.raw)
  })
})

describe('without the gateway', () => {
  it('the guide still helps; the certificates are away for now, and so says whoever watches', async () => {
    const failures: unknown[] = []
    await using lonely = await startPortal({
      listen: 'inet:127.0.0.1:0',
      gateway: `${folder.path}/nobody.sock`,
      onError: (error) => failures.push(error),
    })
    const guide = await fetch(`${lonely.url}/?lang=de`)
    expect(guide.status).toBe(200)
    expect(await guide.text()).toContain('unter der Nummer an, die Sie aus unseren Briefen kennen')
    for (const path of ['/certificates?lang=en', '/certificates/all.p7c?lang=en']) {
      const response = await fetch(`${lonely.url}${path}`)
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
      expect(await response.text()).toContain('Not available right now')
    }
    expect((await fetch(`${lonely.url}/health`)).status).toBe(503)
    expect(failures.map(String)).toContainEqual(expect.stringContaining('ENOENT'))
  })
})

test('A route that does not say who may use it stops the start', () => {
  const app = fastify()
  requireAccess(app)
  expect(() => app.get('/secret', async () => 'x')).toThrow('GET /secret does not say who may use it')
  expect(() => app.get('/page', { config: { access: 'public' } }, async () => 'x')).not.toThrow()
})

test('Only a port on this machine is listened on', async () => {
  await expect(
    startPortal({ listen: '/run/x.sock', gateway: gateway.path, onError: () => {} }),
  ).rejects.toThrow(/inet:127\.0\.0\.1:PORT/)
})
