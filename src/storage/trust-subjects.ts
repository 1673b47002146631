import { createHmac, createSecretKey } from 'node:crypto'
import { addressKey } from './address-key.ts'
import { clientNetwork } from './client-network.ts'
import type { CountKind } from './count-kind.ts'
import { isFreemail, organisationalDomain } from './organisational-domain.ts'

/** 128 bits: among a million names two are alike once in 10^26 times, and the index is half as large. */
const hashDigits = 32

/** Names everything in the trust memory by keyed hashes. */
export interface TrustSubjects {
  /** The row of a count. */
  count(kind: CountKind, ...names: readonly string[]): string
  /** An address, where it is not the name of a row. */
  person(address: string): string
  organisation(domain: string): string
  network(address: string | undefined): string | undefined
  messageId(messageId: string): string
  /** The key of something that is learned once; it would name the recipient of a mail. */
  effect(what: string, effect: string): string
}

/** An address and its domain in the forms under which they are stored. */
export interface StoredAddress {
  readonly address: string
  readonly domain: string
  readonly organisation: string
  readonly isFreemail: boolean
}

export function storedAddress(address: string): StoredAddress {
  const key = addressKey(address)
  const domain = key.slice(key.lastIndexOf('@') + 1)
  return {
    address: key,
    domain,
    organisation: organisationalDomain(domain),
    isFreemail: isFreemail(domain),
  }
}

/** `key` makes the hashes useless to whoever finds the table without it; with plain ones addresses could be guessed. */
export function trustSubjects(key: Uint8Array): TrustSubjects {
  const secret = createSecretKey(key)
  const hash = (names: readonly string[]) =>
    createHmac('sha256', secret).update(JSON.stringify(names)).digest('hex').slice(0, hashDigits)
  return {
    count: (kind, ...names) => hash([kind, ...names]),
    person: (address) => hash(['person', addressKey(address)]),
    organisation: (domain) => hash(['organisation', domain]),
    network(address) {
      const network = address === undefined ? undefined : clientNetwork(address)
      return network === undefined ? undefined : hash(['network', network])
    },
    messageId: (messageId) => hash(['message-id', messageId]),
    effect: (what, effect) => `${what} ${hash(['effect', what, effect])}`,
  }
}
