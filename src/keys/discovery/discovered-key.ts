import type { AskedAddress } from './asked-address.ts'

/** A key or certificate that somebody else's server gave for an address. Nobody here has judged it yet. */
export interface DiscoveredKey {
  readonly kind: 'smime' | 'openpgp'
  /** PEM certificate, or armored OpenPGP public key with user ids of the asked address only. */
  readonly material: string
  /** S/MIME: certificates that came along, PEM, in any order. */
  readonly chain: readonly string[]
  /** As in StoredKey: 'wkd', 'vks HOST', 'hkp HOST', 'ldap HOST', 'dns'. */
  readonly source: string
  /** `discovered` if whoever runs the source stands for the address; `harvested` if anybody may have put it there. */
  readonly trust: 'harvested' | 'discovered'
}

/**
 * What one source said. "It has none" is an answer; an error means that nobody knows, and asking again may help. `reason`
 * is English, for the administrator.
 */
export type SourceAnswer =
  | { readonly kind: 'found'; readonly keys: readonly DiscoveredKey[] }
  | { readonly kind: 'none'; readonly reason?: string }
  | { readonly kind: 'error'; readonly reason: string }

/** One place where keys can be looked for. `ask` never throws. */
export interface KeySource {
  readonly name: string
  ask(address: AskedAddress, signal: AbortSignal): Promise<SourceAnswer>
}

/** Keys of one address that a source may give; the rest is left. */
export const maxKeysPerSource = 5

export function answerOf(keys: readonly DiscoveredKey[]): SourceAnswer {
  return keys.length > 0 ? { kind: 'found', keys: keys.slice(0, maxKeysPerSource) } : { kind: 'none' }
}
