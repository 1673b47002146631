import { expiryNotice } from '../delivery/expiry-notice.ts'
import { notifyEach } from '../delivery/notify-each.ts'
import type { Notice } from '../delivery/send-notice.ts'
import { type ExpiringKey, expiringKeys } from '../keys/expiring-keys.ts'
import type { Storage } from '../storage/open-storage.ts'

export interface ExpiryParts {
  readonly storage: Pick<Storage, 'keyStore' | 'trustMemory' | 'effects'>
  /** Who is told. */
  readonly postmaster: string
  readonly send: (notice: Notice) => Promise<void>
  readonly now: () => Date
}

/** Whom nobody here has written to for a year needs no new key. */
const correspondedMs = 365 * 86_400_000

/**
 * Tells the postmaster of keys that end in 30, 14, 7 and 1 days: our own, and those of people outside whom we write to. All in
 * one mail, at most one a day, each step once; a mail that could not be sent is tried again the next hour.
 */
export async function warnOfExpiry({ storage, postmaster, send, now }: ExpiryParts): Promise<void> {
  const { effects, keyStore } = storage
  const at = now()
  const day = at.toISOString().slice(0, 10)
  const today = `keys-expire ${day}`
  if (await effects.done(today)) return
  const due: ExpiringKey[] = []
  for (const expiring of expiringKeys(await keyStore.list(), at)) {
    if (await effects.done(stepOf(expiring))) continue
    if (await matters(expiring, storage.trustMemory, at)) due.push(expiring)
  }
  if (due.length === 0) return
  await notifyEach(expiryNotice(due, postmaster, day), { effects, now, send })
  for (const expiring of due) await effects.first(stepOf(expiring), at)
  await effects.first(today, at)
}

const stepOf = ({ key, step }: ExpiringKey) => `key-expires ${key.fingerprint} ${step}`

async function matters(
  { key }: ExpiringKey,
  memory: Pick<Storage['trustMemory'], 'lastSentTo'>,
  at: Date,
): Promise<boolean> {
  // Whom the key of a domain serves is not known by address; an administrator gave it, so it is wanted.
  if (key.hasPrivateKey || key.domains.length > 0) return true
  for (const address of key.addresses) {
    const lastAt = await memory.lastSentTo(address)
    if (lastAt !== undefined && at.getTime() - lastAt.getTime() < correspondedMs) return true
  }
  return false
}
