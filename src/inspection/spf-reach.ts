import ipaddr from 'ipaddr.js'
import type { DnsAnswers, MessageLookup } from './resolver.ts'
import { isSharedHost } from './shared-hosts.ts'

/** Who may send by the servers that matched; `unknown` where the record says it in a way that we do not follow. */
export type SpfReach = 'own' | 'shared' | 'open' | 'unknown'

/** RFC 7208 4.6.4: an evaluation that passed needed no more. */
const maxTerms = 10

type Address = ipaddr.IPv4 | ipaddr.IPv6

/**
 * Whose servers an SPF record names, after it passed for `clientAddress`: follows the record to the term that matched. A
 * customer of a large host proves little by the host's servers, and a record that permits large networks as little.
 * The questions were all asked by the evaluation before, so `lookup` answers them from its memory.
 */
export async function spfReach(
  domain: string,
  clientAddress: string,
  lookup: MessageLookup,
): Promise<SpfReach> {
  if (!ipaddr.isValid(clientAddress)) return 'unknown'
  const walk: Walk = { client: ipaddr.process(clientAddress), lookup, domain, termsLeft: maxTerms }
  try {
    return (await reachOf(domain, walk)) ?? 'unknown'
  } catch {
    // It passed a moment ago, and now somebody does not answer: nobody knows whose servers these are.
    return 'unknown'
  }
}

interface Walk {
  readonly client: Address
  readonly lookup: MessageLookup
  /** Whose record it is: a large host is its own customer, too. */
  readonly domain: string
  termsLeft: number
}

/** Undefined where nothing in the record matches. */
async function reachOf(domain: string, walk: Walk): Promise<SpfReach | undefined> {
  const texts = (await walk.lookup(domain, 'TXT')).map((text) => (Array.isArray(text) ? text.join('') : ''))
  const record = texts.find((text) => /^v=spf1(?: |$)/i.test(text))
  if (record === undefined) return undefined
  const terms = record.split(/ +/).slice(1)
  for (const term of terms) {
    const [, qualifier = '+', name = '', target = '', suffix = ''] =
      /^([+?~-]?)([a-z\d]+)(?::([^/]+))?(\/.*)?$/i.exec(term) ?? []
    // What matches without a plus ends the evaluation with another result than pass: it did not match.
    if (qualifier !== '' && qualifier !== '+') continue
    const reach = await reachOfTerm(name.toLowerCase(), target, suffix, domain, walk)
    if (reach) return reach
  }
  const redirect = terms.map((term) => /^redirect=(.+)$/i.exec(term)?.[1]).find((found) => found)
  return redirect === undefined ? undefined : await reachOfOther(redirect, walk)
}

async function reachOfTerm(
  name: string,
  target: string,
  suffix: string,
  domain: string,
  walk: Walk,
): Promise<SpfReach | undefined> {
  switch (name) {
    case 'all':
      return 'open'
    case 'ip4':
    case 'ip6':
      return reachOfNetwork(target, suffix.slice(1), walk.client)
    case 'include':
      return reachOfOther(target, walk)
    case 'a':
      return reachOfHost(target || domain, suffix, walk)
    case 'mx':
      return reachOfServers(target || domain, suffix, walk)
    case 'ptr':
    case 'exists':
      // Whom these permit is for others to say; that they did is all we know.
      return 'unknown'
    default:
      return undefined
  }
}

/** Another record: whatever matches in that of a large host is shared. */
async function reachOfOther(target: string, walk: Walk): Promise<SpfReach | undefined> {
  if (target.includes('%')) return 'unknown'
  spend(walk)
  const reach = await reachOf(target, walk)
  return reach === 'own' && isOfOther(target, walk) ? 'shared' : reach
}

async function reachOfHost(host: string, suffix: string, walk: Walk): Promise<SpfReach | undefined> {
  if (host.includes('%')) return 'unknown'
  spend(walk)
  return reachOfAddressesOf(host, suffix, walk)
}

async function reachOfServers(target: string, suffix: string, walk: Walk): Promise<SpfReach | undefined> {
  if (target.includes('%')) return 'unknown'
  spend(walk)
  const servers = (await answersOf(target, 'MX', walk)) as readonly { readonly exchange: string }[]
  for (const { exchange } of servers.slice(0, maxTerms)) {
    const reach = await reachOfAddressesOf(exchange, suffix, walk)
    if (reach) return reach
  }
  return undefined
}

async function reachOfAddressesOf(host: string, suffix: string, walk: Walk): Promise<SpfReach | undefined> {
  const isIpv4 = walk.client.kind() === 'ipv4'
  // RFC 7208 5.6: `/24//64` is for IPv4 and IPv6.
  const [, four = '', six = ''] = /^(?:\/(\d+))?(?:\/\/(\d+))?$/.exec(suffix) ?? []
  const addresses = await answersOf(host, isIpv4 ? 'A' : 'AAAA', walk)
  for (const address of addresses) {
    const reach = reachOfNetwork(String(address), isIpv4 ? four : six, walk.client)
    if (reach) return reach === 'own' && isOfOther(host, walk) ? 'shared' : reach
  }
  return undefined
}

/** RFC 7208 4.6.4: a name without such records matches nothing. */
function answersOf(name: string, rrtype: string, { lookup }: Walk): Promise<DnsAnswers> {
  return lookup(name, rrtype).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTFOUND' || code === 'ENODATA') return []
    throw error
  })
}

/** IPv4: more than 4096 addresses are no single firm's mail servers; more than 16 million, half the Internet. */
function reachOfNetwork(address: string, prefix: string, client: Address): SpfReach | undefined {
  if (!ipaddr.isValid(address)) return undefined
  const network = ipaddr.parse(address)
  if (network.kind() !== client.kind()) return undefined
  const longest = network.kind() === 'ipv4' ? 32 : 128
  const length = prefix === '' ? longest : Math.min(longest, Number(prefix))
  if (!Number.isInteger(length) || !client.match(network, length)) return undefined
  const [own, shared] = longest === 32 ? [20, 8] : [32, 16]
  if (length >= own) return 'own'
  return length >= shared ? 'shared' : 'open'
}

function isOfOther(host: string, { domain }: Walk): boolean {
  return isSharedHost(host) && !isSharedHost(domain)
}

function spend(walk: Walk): void {
  walk.termsLeft -= 1
  if (walk.termsLeft < 0) throw new RangeError('an SPF record with too many terms')
}
