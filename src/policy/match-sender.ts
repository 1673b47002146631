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

/**
 * What `text` means in a block or allow list, written so that two spellings of it are one: address, domain (also
 * `@domain`), `*.domain`, IP address or network. Undefined for what cannot stand there.
 */
export function readListed(text: string): string | undefined {
  if (/^[\d.]+(\/|$)/.test(text) || text.includes(':') || text.includes('/')) {
    const network = readNetwork(text)
    return network && writeNetwork(network)
  }
  return text === 'default' ? undefined : readPattern(text.replace(/^@/, ''))
}

/** Whether `text` can stand in a block or allow list. */
export function isListable(text: string): boolean {
  return readListed(text) !== undefined
}

function writeNetwork([address, length]: Network): string {
  const bytes = address.toByteArray()
  // The bits behind the length say nothing; ipaddr.js leaves them as they were written.
  const kept = bytes.map((byte, at) => byte & (0xff00 >> Math.max(0, Math.min(8, length - at * 8))) & 0xff)
  const first = ipaddr.fromByteArray(kept).toString()
  return length === bytes.length * 8 ? first : `${first}/${length}`
}

/** An entry with its place in the list: of all that match the first counts. */
interface Placed<Entry> {
  readonly entry: Entry
  readonly place: number
}

/** A list by what its entries are about, so that a long one takes no longer than a short one. */
interface Index<Entry> {
  /** Keys: patterns, and networks as `networkKey` writes them. */
  readonly entries: ReadonlyMap<string, readonly Placed<Entry>[]>
  /** The lengths of the networks in the list, such as `ipv4/24`. */
  readonly lengths: ReadonlySet<string>
}

interface Listed {
  readonly sender: string
  readonly until?: string
}

/** Lists are never changed, only replaced, and asked for every mail. */
const indexes = new WeakMap<readonly Listed[], Index<Listed>>()

function indexOf<Entry extends Listed>(list: readonly Entry[]): Index<Entry> {
  const known = indexes.get(list)
  // What was put in for this list came from this list.
  if (known) return known as Index<Entry>
  const entries = new Map<string, Placed<Entry>[]>()
  const lengths = new Set<string>()
  for (const [place, entry] of list.entries()) {
    const network = readNetwork(entry.sender)
    if (network) lengths.add(lengthOf(network))
    const key = network ? networkKey(network) : (readPattern(entry.sender.replace(/^@/, '')) ?? '')
    const placed = entries.get(key)
    if (placed) placed.push({ entry, place })
    else entries.set(key, [{ entry, place }])
  }
  const index = { entries, lengths }
  indexes.set(list, index)
  return index
}

function lengthOf([address, length]: Network): string {
  return `${address.kind()}/${length}`
}

/** The bits that count, in hexadecimal. */
function networkKey([address, length]: Network): string {
  const bytes = address.toByteArray()
  const bits = bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n)
  return `${lengthOf([address, length])} ${(bits >> BigInt(bytes.length * 8 - length)).toString(16)}`
}

/**
 * The first entry of a block or allow list that is about `sender` and still holds. `until` names the last day, by
 * the calendar of UTC. A domain means itself; `*.domain` the domains below it.
 */
export function matchSender<Entry extends Listed>(
  list: readonly Entry[],
  sender: Sender,
  now: Date,
): Entry | undefined {
  if (list.length === 0) return undefined
  const today = now.toISOString().slice(0, 10)
  const { entries, lengths } = indexOf(list)
  const patterns = new Set([
    ...(sender.address ? patternsFor(sender.address) : []),
    ...(sender.domain ? patternsFor(comparableDomain(sender.domain)) : []),
  ])
  patterns.delete('default')
  patterns.delete('')
  const address = sender.ip === undefined ? undefined : readAddress(sender.ip)
  const networks = address
    ? [...lengths]
        .filter((length) => length.startsWith(`${address.kind()}/`))
        .map((length) => networkKey([address, Number(length.slice(5))]))
    : []
  let first: Placed<Entry> | undefined
  for (const key of [...patterns, ...networks]) {
    const found = entries.get(key)?.find(({ entry }) => entry.until === undefined || entry.until >= today)
    if (found && (first === undefined || found.place < first.place)) first = found
  }
  return first?.entry
}
