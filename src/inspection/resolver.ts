import { Resolver } from 'node:dns/promises'
import { deadlineWithin } from '../deadline.ts'
import { takeTurns } from './take-turns.ts'

/** Answers in the shapes of `dns.promises.resolve`: TXT as lists of strings, MX as `{ priority, exchange }`. */
export type DnsAnswers = unknown[]

/**
 * One question to the DNS. Fails with an error whose `code` says why: ENOTFOUND and ENODATA are answers ("there is
 * none"), everything else means that nobody knows.
 */
export type Lookup = (name: string, rrtype: string, signal: AbortSignal) => Promise<DnsAnswers>

/** The same without the signal: what mailauth calls. */
export type MessageLookup = (name: string, rrtype: string) => Promise<DnsAnswers>

/** A look-up that did not come to an answer. Every code but ENOTFOUND and ENODATA becomes temperror. */
class LookupFailure extends Error {
  readonly code: string
  constructor(code: 'ETIMEOUT' | 'EREFUSED', message: string) {
    super(message)
    this.name = 'LookupFailure'
    this.code = code
  }
}

/**
 * Asks the DNS servers at `servers` (`address:port`; the system's when undefined). A question that has no answer
 * after `perQueryMs` fails with ETIMEOUT, whatever the servers do.
 */
export function openResolver(servers: readonly string[] | undefined, limits: { perQueryMs: number }): Lookup {
  // Two tries within the deadline: one lost datagram is no outage.
  const resolver = new Resolver({ timeout: Math.ceil(limits.perQueryMs / 2), tries: 2 })
  if (servers) resolver.setServers([...servers])
  // What several messages ask at the same moment is asked once: bulk mail comes in bursts from one sender.
  const underWay = new Map<string, Promise<DnsAnswers>>()
  return async (name, rrtype, signal) => {
    using limit = deadlineWithin(signal, limits.perQueryMs)
    const question = `${rrtype} ${name.toLowerCase()}`
    const shared = underWay.get(question)
    if (shared) return await withDeadline(() => shared, limit.signal)
    const answer = resolver.resolve(name, rrtype) as Promise<DnsAnswers>
    underWay.set(question, answer)
    try {
      return await withDeadline(() => answer, limit.signal)
    } finally {
      // Also when nobody answered: the next message asks anew.
      underWay.delete(question)
    }
  }
}

/** An IPv4 address of a name, and for how many seconds that holds. */
export interface AddressAnswer {
  readonly address: string
  readonly ttl: number
}

/** The IPv4 addresses of a name, never an empty list; fails as `Lookup` does. */
export type AddressLookup = (name: string) => Promise<readonly AddressAnswer[]>

/** More datagrams at once than the buffer of a socket holds are lost, on loopback too; then all of them are late. */
const mostAtOnce = 100

/** As `openResolver`, for whoever needs to know how long an answer holds and shares what was asked already himself. */
export function openAddressLookup(
  servers: readonly string[] | undefined,
  limits: { perQueryMs: number },
): AddressLookup {
  const resolver = new Resolver({ timeout: Math.ceil(limits.perQueryMs / 2), tries: 2 })
  if (servers) resolver.setServers([...servers])
  const never = new AbortController().signal
  const inTurn = takeTurns(mostAtOnce)
  return async (name) => {
    using limit = deadlineWithin(never, limits.perQueryMs)
    const { signal } = limit
    const ask = async () => (signal.aborted ? [] : resolver.resolve4(name, { ttl: true }))
    return await withDeadline(() => inTurn(ask), signal)
  }
}

/** Bounds for all questions that one message may cause. */
export interface LookupLimits {
  /** For all of them together from the first one on, in milliseconds. */
  readonly totalMs: number
  readonly lookups: number
}

/**
 * The questions of one message: who writes a message with hundreds of selectors gets temperror for the rest, not our
 * time. The same question is asked once. Within SPF the limits of RFC 7208 4.6.4 hold besides.
 */
export function lookupsOfOneMessage(
  lookup: Lookup,
  limits: LookupLimits,
  signal: AbortSignal,
): MessageLookup {
  // Starts with the first question: under load, hashing a large body before it takes its time.
  let deadline: AbortSignal | undefined
  const asked = new Map<string, Promise<DnsAnswers>>()
  return (name, rrtype) => {
    const question = `${rrtype} ${name.toLowerCase()}`
    const before = asked.get(question)
    // A copy, because mailauth sorts MX answers in place.
    if (before) return before.then((answers) => [...answers])
    if (asked.size >= limits.lookups) {
      return Promise.reject(new LookupFailure('EREFUSED', 'Too many DNS look-ups for one message'))
    }
    deadline ??= AbortSignal.any([signal, AbortSignal.timeout(limits.totalMs)])
    const until = deadline
    const answer = withDeadline(() => lookup(name, rrtype, until), until)
    asked.set(question, answer)
    return answer.then((answers) => [...answers])
  }
}

/** The work's result, or ETIMEOUT once `deadline` has passed; then nobody listens to the work any more. */
function withDeadline<T>(work: () => Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const expire = () => reject(new LookupFailure('ETIMEOUT', 'No answer from the DNS in time'))
    if (deadline.aborted) return expire()
    deadline.addEventListener('abort', expire, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => deadline.removeEventListener('abort', expire))
  })
}
