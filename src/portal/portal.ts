import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { parseListenAddress } from '../listen-address.ts'
import { gatewayAnswers } from './gateway-answers.ts'
import { securityHeaders } from './headers.ts'
import { chosenLanguage, preferredLanguage } from './language.ts'
import { type Access, type Answer, problem, routes } from './routes.ts'
import type { ProblemKind } from './texts.ts'

export interface PortalOptions {
  /** `inet:127.0.0.1:PORT`; port 0 takes any free one. */
  readonly listen: string
  /** portal.sock of the gateway. */
  readonly gateway: string
  /** Told of what a visitor cannot mend. */
  readonly onError: (error: unknown) => void
}

export interface Portal extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

/** All visitors come through the reverse proxy, one connection each at the most. */
const maxConnections = 512
const requestMs = 10_000
const idleMs = 30_000

/** Starts the pages for people outside. It has no keys and no state, and asks the gateway for what it shows. */
export async function startPortal({ listen, gateway: path, onError }: PortalOptions): Promise<Portal> {
  const address = parseListenAddress(listen)
  if (address.kind !== 'tcp') throw new Error(`the portal listens on inet:127.0.0.1:PORT, not on ${listen}`)
  const gateway = gatewayAnswers(path, onError)
  const [style, icon] = await Promise.all([pageFile('style.css'), pageFile('icon.svg')])
  const refuse = async (request: FastifyRequest, reply: FastifyReply, status: number, kind: ProblemKind) =>
    send(reply, await problem(status, kind, languageOf(request), gateway))

  const app = fastify({
    connectionTimeout: idleMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    http: { maxHeaderSize: 8192, headersTimeout: requestMs, connectionsCheckingInterval: 5000 },
    forceCloseConnections: true,
    // An address that is no address: it never reaches a route or the error handler below.
    frameworkErrors: (_error, request, reply) => {
      refuse(request, reply, 400, 'badRequest').catch((error: unknown) => {
        onError(error)
        reply.raw.destroy()
      })
    },
  })
  app.server.maxConnections = maxConnections
  requireAccess(app)
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // The body that may follow is not read.
      reply.headers({ allow: 'GET, HEAD', connection: 'close' })
      return refuse(request, reply, 405, 'notAllowed')
    }
    const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers
    if (coding !== undefined || length !== '0') {
      reply.header('connection', 'close')
      return refuse(request, reply, 400, 'badRequest')
    }
  })
  for (const { path: url, access, answer } of routes(gateway, { style, icon })) {
    type Params = { file?: string; domain?: string }
    app.get<{ Params: Params }>(url, { config: { access } }, async (request, reply) => {
      const { file = '', domain = '' } = request.params
      return send(reply, await answer({ ...languageOf(request), file, domain }))
    })
  }
  app.setNotFoundHandler((request, reply) => refuse(request, reply, 404, 'notFound'))
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    if ((error.statusCode ?? 500) < 500) return refuse(request, reply, 400, 'badRequest')
    onError(error)
    return refuse(request, reply, 500, 'broken')
  })
  await app.listen({ host: address.host, port: address.port })
  const { port } = app.server.address() as AddressInfo
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return { url: `http://${host}:${port}`, [Symbol.asyncDispose]: () => app.close() }
}

/** A route that does not say who may use it stops the start: forgetting it must not mean that everybody may. */
export function requireAccess(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${method} ${url} does not say who may use it`)
  })
}

function languageOf({ query, headers }: FastifyRequest) {
  const chosen = chosenLanguage(query)
  return {
    language: chosen ?? preferredLanguage(headers['accept-language']),
    languageChosen: chosen !== undefined,
  }
}

function send(
  reply: FastifyReply,
  { status, type, body, attachment, retryAfter, maxAge, forScripts }: Answer,
): FastifyReply {
  return reply
    .code(status)
    .headers({
      ...securityHeaders,
      'content-type': type,
      'cache-control': maxAge === undefined ? 'no-cache' : `public, max-age=${maxAge}`,
      ...(type.startsWith('text/html') ? { vary: 'Accept-Language' } : {}),
      ...(attachment === undefined ? {} : { 'content-disposition': `attachment; filename="${attachment}"` }),
      ...(forScripts
        ? { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }
        : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    })
    .send(body)
}

function pageFile(name: string): Promise<Buffer> {
  return readFile(new URL(name, import.meta.url))
}
