import { type KeyTrust, keyTrusts, type StoredKey } from '../storage/key-store.ts'
import type { OpenPgpKeyProblem } from './openpgp/openpgp-key.ts'
import { canonicalAddress } from './x509/certificate.ts'
import type { UnusableReason } from './x509/usable-for.ts'

/** A stored key that was considered and set aside. `detail` is English, ASCII, without content of any mail. */
export interface SetAside {
  readonly key: StoredKey
  readonly reason:
    | UnusableReason
    | 'pending'
    | 'retired'
    | 'not-pinned'
    | 'not-needed'
    | 'unreadable'
    | 'revoked'
    | 'revocation-unknown'
    | OpenPgpKeyProblem
    | 'no-private-key'
    | 'key-does-not-match'
    | 'too-little-trust'
  readonly detail: string
  /** It may be usable soon: an authority did not answer, and its answer is required. */
  readonly mayChange?: boolean
}

/** Whether a certificate counts without a chain: a person, an encrypted round trip or a DNSSEC-signed record says whose it is. */
export function vouchedFor({ trust, source }: Pick<StoredKey, 'trust' | 'source'>): boolean {
  return hasTrust(trust, 'verified') || (source === 'dns' && hasTrust(trust, 'discovered'))
}

export function hasTrust(trust: KeyTrust, least: KeyTrust): boolean {
  return keyTrusts.indexOf(trust) >= keyTrusts.indexOf(least)
}

/**
 * The keys of an address that review and pinning leave over, best first: its own before those of its domain, then what is
 * newest, because that was made last. `all` is what the store finds for the address.
 */
export function keysInForce(all: readonly StoredKey[], kind: StoredKey['kind'], address: string) {
  const setAside: SetAside[] = []
  const named = canonicalAddress(address)
  const domain = named?.slice(named.lastIndexOf('@') + 1)
  const servesDomain = (key: StoredKey) =>
    named !== undefined &&
    !key.addresses.includes(named) &&
    key.domains.some((each) => each.toLowerCase() === domain)
  const active = all.filter(({ state }) => state === 'active')
  // A pin speaks for all kinds: who pins an OpenPGP key does not want mail to leave by a certificate that turned up.
  const pinned = {
    own: active.some((key) => key.pinned && !servesDomain(key)),
    domain: active.some((key) => key.pinned && servesDomain(key)),
  }
  const keys: { readonly key: StoredKey; readonly isDomain: boolean }[] = []
  for (const key of all.filter((each) => each.kind === kind).sort(newestFirst)) {
    const isDomain = servesDomain(key)
    const overruled = pinned.own ? isDomain || !key.pinned : pinned.domain && isDomain && !key.pinned
    if (key.state === 'pending')
      setAside.push({ key, reason: 'pending', detail: 'it waits for somebody to review it' })
    else if (key.state === 'retired') setAside.push({ key, reason: 'retired', detail: 'it was retired' })
    else if (overruled)
      setAside.push({ key, reason: 'not-pinned', detail: 'another key of this address is pinned' })
    else keys.push({ key, isDomain })
  }
  keys.sort((one, other) => Number(one.isDomain) - Number(other.isDomain))
  return { keys, setAside }
}

/** Among equals the one that is valid longest, then any fixed order. */
function newestFirst(one: StoredKey, other: StoredKey): number {
  return (
    other.notBefore.getTime() - one.notBefore.getTime() ||
    (other.notAfter?.getTime() ?? Number.MAX_VALUE) - (one.notAfter?.getTime() ?? Number.MAX_VALUE) ||
    (one.fingerprint < other.fingerprint ? -1 : 1)
  )
}
