import type { StoredKey } from '../storage/key-store.ts'

const dayMs = 86_400_000
/** Days before the end, rising; each is told once. A month is what an authority may take for a new certificate. */
const warningDays = [1, 7, 14, 30] as const

export interface ExpiringKey {
  readonly key: StoredKey
  readonly endsAt: Date
  /** Begun days until then. */
  readonly daysLeft: number
  /** The last of the warning days that was reached. */
  readonly step: (typeof warningDays)[number]
}

/**
 * The keys in use that end within 30 days, the first to end first. Left out is what has been renewed: each of its addresses and
 * domains has another one of its kind in use, with a private key where this one has one, which lasts longer than the warning.
 */
export function expiringKeys(keys: readonly StoredKey[], at: Date): readonly ExpiringKey[] {
  const active = keys.filter(({ state }) => state === 'active')
  const lasting = new Set<string>()
  const [, , , longest] = warningDays
  for (const key of active)
    if (key.notBefore <= at && (key.notAfter === undefined || daysUntil(key.notAfter, at) > longest))
      for (const served of servedBy(key)) lasting.add(served)
  return active
    .flatMap((key): ExpiringKey[] => {
      const { notAfter } = key
      if (notAfter === undefined || notAfter <= at) return []
      const daysLeft = daysUntil(notAfter, at)
      const step = warningDays.find((days) => daysLeft <= days)
      if (step === undefined || servedAtAll(key).every((served) => lasting.has(served))) return []
      return [{ key, endsAt: notAfter, daysLeft, step }]
    })
    .sort((one, other) => one.endsAt.getTime() - other.endsAt.getTime())
}

const daysUntil = (end: Date, at: Date) => Math.ceil((end.getTime() - at.getTime()) / dayMs)

/** What a key can stand in for: one with a private key also for one without. */
function servedBy(key: StoredKey): readonly string[] {
  return key.hasPrivateKey
    ? [...servedAtAll(key), ...servedAtAll({ ...key, hasPrivateKey: false })]
    : servedAtAll(key)
}

function servedAtAll({ kind, addresses, domains, hasPrivateKey }: StoredKey): readonly string[] {
  return [...addresses, ...domains.map((domain) => `@${domain}`)].map(
    (name) => `${kind} ${hasPrivateKey ? 'own' : 'public'} ${name}`,
  )
}
