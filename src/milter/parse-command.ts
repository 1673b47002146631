import { TemporaryFailure } from '../failure.ts'
import type { Macros } from './filter.ts'
import type { Packet } from './read-packet.ts'

/** What the MTA offers in its first packet: bit masks of what it can do. */
export interface Offer {
  readonly version: number
  readonly actions: number
  readonly protocol: number
}

/** What an MTA tells a filter, by the names that `ConnectionFilter` uses. Strings are latin1. */
export type Command =
  | ({ readonly kind: 'negotiate' } & Offer)
  /** Macros that belong to the next packet with the command byte `of`. */
  | { readonly kind: 'macros'; readonly of: string; readonly macros: Macros }
  | {
      readonly kind: 'connect'
      readonly hostName: string
      readonly family: 'unknown' | 'unix' | 'inet' | 'inet6'
      readonly port: number
      readonly address: string
    }
  | { readonly kind: 'helo'; readonly name: string }
  | { readonly kind: 'mail' | 'recipient'; readonly address: string; readonly parameters: readonly string[] }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'body' | 'endOfMessage'; readonly chunk: Buffer }
  | { readonly kind: 'data' | 'endOfHeader' | 'unknown' | 'abort' | 'quit' | 'quitNewConnection' }

/** Reads a packet of the MTA's side. Fails on an unknown command and on data of the wrong shape. */
export function parseCommand({ command, data }: Packet): Command {
  switch (command) {
    case 'O':
      if (data.length < 12) throw malformed(command)
      return {
        kind: 'negotiate',
        version: data.readUInt32BE(0),
        actions: data.readUInt32BE(4),
        protocol: data.readUInt32BE(8),
      }
    case 'D':
      return { kind: 'macros', of: firstByte(command, data), macros: parseMacros(data.subarray(1)) }
    case 'C':
      return parseConnect(data)
    case 'H':
      return { kind: 'helo', name: strings(command, data, 1)[0] }
    case 'M':
    case 'R': {
      // ESMTP parameters are strings of their own, not part of the address.
      const [address, ...parameters] = strings(command, data)
      return { kind: command === 'M' ? 'mail' : 'recipient', address, parameters }
    }
    case 'T':
      return { kind: 'data' }
    case 'L': {
      const [name, value = ''] = strings(command, data, 2)
      return { kind: 'header', name, value }
    }
    case 'N':
      return { kind: 'endOfHeader' }
    case 'B':
      return { kind: 'body', chunk: data }
    case 'E':
      return { kind: 'endOfMessage', chunk: data }
    case 'U':
      return { kind: 'unknown' }
    case 'A':
      return { kind: 'abort' }
    case 'Q':
      return { kind: 'quit' }
    case 'K':
      return { kind: 'quitNewConnection' }
  }
  throw new TemporaryFailure('5.0', `Unknown milter command ${command.charCodeAt(0)}`)
}

function malformed(command: string): TemporaryFailure {
  return new TemporaryFailure('5.0', `Malformed milter command ${command}`)
}

function firstByte(command: string, data: Buffer): string {
  if (data.length === 0) throw malformed(command)
  return String.fromCharCode(data.readUInt8(0))
}

/** Strings that each end in NUL: exactly `count` of them, or one and more. Empty ones count, also at the end. */
function strings(command: string, data: Buffer, count?: number): [string, ...string[]] {
  if (data.at(-1) !== 0) throw malformed(command)
  const [first = '', ...rest] = data.toString('latin1', 0, data.length - 1).split('\0')
  if (count !== undefined && 1 + rest.length !== count) throw malformed(command)
  return [first, ...rest]
}

/**
 * Names lose their braces, so that `{i}` and `i` are one. MTAs have sent odd numbers of strings and values without
 * NUL: a name without value has the empty one.
 */
function parseMacros(data: Buffer): Macros {
  const macros = new Map<string, string>()
  if (data.length === 0) return macros
  const found = data.toString('latin1', 0, data.at(-1) === 0 ? data.length - 1 : data.length).split('\0')
  for (let at = 0; at < found.length; at += 2) {
    const name = found[at] ?? ''
    macros.set(name.startsWith('{') && name.endsWith('}') ? name.slice(1, -1) : name, found[at + 1] ?? '')
  }
  return macros
}

const families = new Map([
  ['L', 'unix'],
  ['4', 'inet'],
  ['6', 'inet6'],
] as const)

function parseConnect(data: Buffer): Command {
  const hostEnd = data.indexOf(0)
  if (hostEnd < 0) throw malformed('C')
  const hostName = data.toString('latin1', 0, hostEnd)
  const letter = firstByte('C', data.subarray(hostEnd + 1))
  if (letter === 'U') return { kind: 'connect', hostName, family: 'unknown', port: 0, address: '' }
  const family = families.get(letter as 'L' | '4' | '6')
  const portAt = hostEnd + 2
  if (family === undefined || data.length < portAt + 2) throw malformed('C')
  const [address] = strings('C', data.subarray(portAt + 2), 1)
  // Sendmail writes IPv6 addresses as in SMTP address literals (RFC 5321 4.1.3), Postfix does not.
  const bare = family === 'inet6' ? address.replace(/^IPv6:/i, '') : address
  return { kind: 'connect', hostName, family, port: data.readUInt16BE(portAt), address: bare }
}
