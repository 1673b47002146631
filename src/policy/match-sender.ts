import ipaddr from 'ipaddr.js'
import { comparableDomain, patternsFor, readPattern } from './pattern.ts'

/** Who sent a message. What is unknown or not authenticated enough for the caller is left out. */
export interface Sender {
  readonly address?: string | undefined
  /** Only needed without `address`, such as for an authenticated signing domain. */
  readonly domain?: string | undefined
  /** The client's IP address, as the MTA wrote it. */
  readonly ip?: string | undefined
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Most entries are domains: ipaddr.js would throw and catch an error for each.
  if (!/^[\da-f]*[.:]/i.test(text)) return undefined
  // ipaddr.js also reads 10, 0x7f.1 and 010.0.0.1; nobody means these, and programs disagree about them.
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text))) {
    // RFC 4291 2.5.5.2: ::ffff:192.0.2.1 is what a dual-stack socket calls 192.0.2.1.
    return ipaddr.process(text)
  }
  return undefined
}

function readNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const address = readAddress(slash < 0 ? text : text.slice(0, slash))
  if (!address) return undefined
  const longest = address.kind() === 'ipv4' ? 32 : 128
  if (slash < 0) return [address, longest]
  const length = text.slice(slash + 1)
  return /^\d{1,3}$/.test(length) && Number(length) <= longest ? [address, Number(length)] : undefined
}

/** Whether `text` can stand in a block or allow list: address, domain, `@domain`, `*.domain`, IP address or network. */
export function isListable(text: string): boolean {
  if (/^[\d.]+(\/|$)/.test(text) || text.includes(':') || text.includes('/'))
    return readNetwork(text) !== undefined
  return text !== 'default' && readPattern(text.replace(/^@/, '')) !== undefined
}

function isIn(network: Network, ip: string): boolean {
  const address = readAddress(ip)
  return address !== undefined && address.kind() === network[0].kind() && address.match(network)
}

/**
 * The first entry of a block or allow list that is about `sender` and still holds. `until` names the last day, by
 * the calendar of UTC. A domain means itself; `*.domain` the domains below it.
 */
export function matchSender<Entry extends { readonly sender: string; readonly until?: string }>(
  entries: readonly Entry[],
  sender: Sender,
  now: Date,
): Entry | undefined {
  const today = now.toISOString().slice(0, 10)
  const patterns = new Set([
    ...(sender.address ? patternsFor(sender.address) : []),
    ...(sender.domain ? patternsFor(comparableDomain(sender.domain)) : []),
  ])
  patterns.delete('default')
  patterns.delete('')
  return entries.find((entry) => {
    if (entry.until !== undefined && entry.until < today) return false
    const network = readNetwork(entry.sender)
    if (network) return sender.ip !== undefined && isIn(network, sender.ip)
    return patterns.has(readPattern(entry.sender.replace(/^@/, '')) ?? '')
  })
}
