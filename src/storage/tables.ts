import type { CountKind } from './count-kind.ts'
import type { IntakeState } from './intakes.ts'
import type { KeyTrust } from './key-store.ts'

/**
 * The one schema for SQLite and PostgreSQL. Times are integer milliseconds since 1970, truth is 0 or 1, JSON is text,
 * secrets are sealed text. Text from strangers stands inside JSON, because PostgreSQL refuses NUL in plain text.
 */
export interface Tables {
  settings: { name: string; value: string }
  effects: { key: string; at: number }
  decisions: { id: string; at: number; record: string }
  /**
   * Counts, each by its own half-life and as of `last_at`. `subject` is a keyed hash, from which `kind` cannot be told.
   * `outside` and `inside`: hashes of both addresses of a pair. `name`: sealed, where it is kept.
   */
  relations: {
    subject: string
    kind: CountKind
    weight: number
    mails: number
    first_at: number
    last_at: number
    outside: string | null
    inside: string | null
    name: string | null
  }
  /** A Message-ID of ours and whom it went to, as hashes; `organisation` is '' for freemail. `earns`: an answer does. */
  reply_tokens: {
    token: string
    peer: string
    organisation: string
    sent_at: number
    earns: number
    uses: number
  }
  /** Who was refused, as hashes. `ident` is that of the history, `network` the client's. */
  refusals: {
    reference: string
    at: number
    author: string
    ident: string
    network: string | null
    open_until: number | null
  }
  pdf_passwords: { recipient: string; sealed: string; set_at: number }
  waiting_messages: { recipient: string; queue_id: string; sender: string; since: number }
  keys: {
    fingerprint: string
    kind: 'smime' | 'openpgp'
    /** `addresses`, `domains`, `chain` and `capabilities` are JSON. */
    addresses: string
    domains: string
    material: string
    chain: string
    not_before: number
    not_after: number | null
    trust: KeyTrust
    source: string
    state: 'active' | 'pending' | 'retired'
    pinned: number
    capabilities: string
    added_at: number
    sealed_key: string | null
  }
  /** Addresses, and `@domain` for a whole domain, as `addressKey` gives them. */
  key_names: { name: string; fingerprint: string }
  held_originals: {
    id: string
    original: string
    state: 'held' | 'locked' | 'released' | 'deleted'
    note: string
    release_at: number
    release_observed: number
    worker: string | null
    lease_until: number
    epoch: number
    settled_at: number | null
    /** JSON of what came later. */
    second_scan: string | null
    early_release: string | null
    kept_until: number | null
    kept_observed: number
  }
  audit_entries: { number: number; at: number; subject: string; entry: string; mac: string }
  discoveries: {
    address: string
    source: string
    outcome: 'found' | 'none' | 'error'
    asked_at: number
  }
  authorities: {
    fingerprint: string
    name: string
    certificate: string
    created_at: number
    sealed_key: string
  }
  issued_certificates: {
    fingerprint: string
    authority: string
    serial: string
    address: string
    not_after: number
    issued_at: number
    revoked_at: number | null
  }
  key_requests: {
    public_key: string
    address: string
    request: string
    created_at: number
    sealed_key: string
  }
  intakes: {
    id: string
    author: string
    state: IntakeState
    received_at: number
    settled_at: number | null
    /** JSON of the rest. */
    entry: string
  }
  sender_entries: { list: 'block' | 'allow'; sender: string; added_at: number; entry: string }
  /** A name that our own mail showed, and whose it is; `organisation` is '' for freemail. All but `own` and the time are hashes. */
  known_people: { person: string; address: string; organisation: string; own: number; seen_at: number }
  observed_time: { name: string; milliseconds: number }
}
