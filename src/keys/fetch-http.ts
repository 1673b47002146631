import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import ipaddr from 'ipaddr.js'
import { deadlineWithin } from '../deadline.ts'

/** What asks the DNS for A and AAAA; ENOTFOUND and ENODATA as `code` of its errors are answers. */
export type AddressLookup = (name: string, rrtype: string, signal: AbortSignal) => Promise<unknown[]>

export interface FetchOptions {
  readonly lookup: AddressLookup
  /** Whether this address may be talked to under this host name: `isPublicAddress`, or `publicOr` of named hosts. */
  readonly isPublic: (address: string, host: string) => boolean
  /** The largest body, in bytes. */
  readonly limitBytes: number
  /** For everything from the DNS to the last byte. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** GET without a body, POST with one. */
  readonly body?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** PEM of the authorities that https servers are believed by; left out: those that Node brings along. */
  readonly authorities?: readonly string[]
}

export type Fetched =
  /** Any status but a redirect; `contentType` in lower case without parameters. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly contentType: string
      readonly body: Uint8Array
    }
  /** `no-such-host` is a sure answer of the DNS. `detail` is English and names no more than host and address. */
  | {
      readonly kind: 'failed'
      readonly reason:
        | 'bad-url'
        | 'no-such-host'
        | 'dns'
        | 'not-public'
        | 'connection'
        | 'redirect'
        | 'too-large'
        | 'timeout'
      readonly detail: string
    }

/** RFC 9110 4.1 asks for at least 8000; whatever we ask for is short. */
const maxUrlLength = 2048
/** One IPv4 and one IPv6 address: a machine may have a route for one of them only. */
const maxAddresses = 2

/**
 * Asks one URL, and no other: redirects are not followed, the name is resolved once and the connection goes to that
 * very address, which must be public. So what a stranger names cannot make us talk to machines inside (DNS rebinding
 * included). Never throws; what went wrong is a value.
 */
export async function boundedFetch(url: string, options: FetchOptions): Promise<Fetched> {
  const target = readUrl(url)
  if (!target) return failed('bad-url', 'not an http or https address that we ask')
  const host = target.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  using deadline = deadlineWithin(options.signal, options.timeoutMs)
  const { signal } = deadline
  try {
    const addresses = ipaddr.isValid(host) ? [host] : await addressesOf(host, options.lookup, signal)
    if (addresses === 'dns') return signal.aborted ? late(host) : failed('dns', `no DNS answer for ${host}`)
    if (addresses.length === 0) return failed('no-such-host', `${host} has no address`)
    const allowed = addresses.filter((address) => options.isPublic(address, host))
    if (allowed.length === 0)
      return failed('not-public', `${host} is at ${addresses[0]}, which is not a public address`)
    let answer: Fetched = failed('connection', `no connection to ${host}`)
    for (const address of firstOfEachFamily(allowed)) {
      if (signal.aborted) return late(host)
      answer = await ask(target, host, address, options, signal)
      if (answer.kind === 'answer' || answer.reason !== 'connection') break
    }
    return answer
  } catch {
    return signal.aborted ? late(host) : failed('connection', `the request to ${host} could not be made`)
  }
}

/** Whether strangers' addresses may point there: global unicast, and nothing that wraps an IPv4 address. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  // RFC 4291 2.4: everything outside of 2000::/3 is special or not assigned.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1
}

/** Public addresses, and any address of the hosts that the settings name. */
export function publicOr(hosts: readonly string[]): (address: string, host: string) => boolean {
  const named = new Set(hosts.map((host) => host.toLowerCase()))
  return (address, host) => named.has(host) || isPublicAddress(address)
}

function readUrl(url: string): URL | undefined {
  if (url.length > maxUrlLength || !URL.canParse(url)) return undefined
  const target = new URL(url)
  const isWeb = target.protocol === 'http:' || target.protocol === 'https:'
  return isWeb && target.hostname !== '' && target.username === '' && target.password === ''
    ? target
    : undefined
}

/** All addresses of a name, or 'dns' if that could not be found out. */
async function addressesOf(
  host: string,
  lookup: AddressLookup,
  signal: AbortSignal,
): Promise<readonly string[] | 'dns'> {
  const [four, six] = await Promise.all([one('A'), one('AAAA')])
  // One of the two is enough to go on with.
  const found = [...(four ?? []), ...(six ?? [])]
  return found.length === 0 && (four === undefined || six === undefined) ? 'dns' : found

  async function one(rrtype: string): Promise<readonly string[] | undefined> {
    try {
      const answers = await lookup(host, rrtype, signal)
      return answers.filter(
        (answer): answer is string => typeof answer === 'string' && ipaddr.isValid(answer),
      )
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : undefined
    }
  }
}

function firstOfEachFamily(addresses: readonly string[]): readonly string[] {
  const isSix = (address: string) => address.includes(':')
  const four = addresses.find((address) => !isSix(address))
  const six = addresses.find(isSix)
  return [four, six].filter((address) => address !== undefined).slice(0, maxAddresses)
}

function ask(
  target: URL,
  host: string,
  address: string,
  { limitBytes, body, headers, authorities }: FetchOptions,
  signal: AbortSignal,
): Promise<Fetched> {
  const secure = target.protocol === 'https:'
  const settings: RequestOptions & { servername?: string; ca?: string[] } = {
    host: address,
    port: target.port || (secure ? 443 : 80),
    path: `${target.pathname}${target.search}`,
    method: body ? 'POST' : 'GET',
    headers: {
      ...headers,
      host: target.host,
      // Nothing compressed: a limit on bytes read is then a limit on bytes kept.
      'accept-encoding': 'identity',
      'user-agent': 'postsiegel',
      ...(body ? { 'content-length': body.length } : {}),
    },
    // A connection of its own, closed behind the answer.
    agent: false,
    // RFC 6066 3: names only. The certificate is checked against it, or else against the address.
    ...(secure && !ipaddr.isValid(host) ? { servername: host } : {}),
    ...(secure && authorities ? { ca: [...authorities] } : {}),
    signal,
  }
  return new Promise((resolve) => {
    const request = (secure ? requestHttps : requestHttp)(settings)
    let isAnswered = false
    const end = (fetched: Fetched) => {
      resolve(fetched)
      request.destroy()
    }
    // Stays until the end of the socket: destroying it may still tell an error, which then changes nothing.
    request.on('error', () => end(signal.aborted ? late(host) : failed('connection', `no answer of ${host}`)))
    // A host that wants to switch protocols is hung up on by Node, without an error.
    request.on('close', () => {
      if (!isAnswered) end(failed('connection', `no answer of ${host}`))
    })
    request.on('response', (response) => {
      isAnswered = true
      readBody(response, limitBytes).then(
        (fetched) => end(fetched),
        () => end(signal.aborted ? late(host) : failed('connection', `${host} broke off its answer`)),
      )
    })
    request.end(body)
  })
}

async function readBody(response: IncomingMessage, limitBytes: number): Promise<Fetched> {
  const status = response.statusCode ?? 0
  if (status >= 300 && status < 400) return failed('redirect', `answered ${status} to go elsewhere`)
  const tooLarge = failed('too-large', `more than ${limitBytes} bytes`)
  if (Number(response.headers['content-length'] ?? 0) > limitBytes) return tooLarge
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    size += piece.length
    if (size > limitBytes) return tooLarge
    pieces.push(piece)
  }
  const contentType = (response.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  return {
    kind: 'answer',
    status,
    contentType: contentType.trim().toLowerCase(),
    body: Buffer.concat(pieces),
  }
}

function late(host: string): Fetched {
  return failed('timeout', `${host} did not answer in time`)
}

function failed(reason: Extract<Fetched, { kind: 'failed' }>['reason'], detail: string): Fetched {
  return { kind: 'failed', reason, detail }
}
