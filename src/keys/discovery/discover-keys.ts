import { deadlineWithin } from '../../deadline.ts'
import type { Discoveries, Discovery } from '../../storage/discoveries.ts'
import type { OfferedKey, OfferResult } from '../offer-key.ts'
import { type AskedAddress, askedAddress } from './asked-address.ts'
import type { DiscoveredKey, KeySource, SourceAnswer } from './discovered-key.ts'
import { sourceTimeMs } from './open-sources.ts'

/** What one source said of an address, now or when it was last asked. `detail` is English, ASCII, for records. */
export interface SourceReport {
  readonly source: string
  readonly outcome: Discovery['outcome']
  readonly detail: string
}

export interface DiscoveryReport {
  readonly sources: readonly SourceReport[]
  /** The key store may know more of the address than before. */
  readonly isRicher: boolean
  /** Some source could not say whether it has a key, so waiting may help. */
  readonly isIncomplete: boolean
}

/**
 * Asks the sources that are due for the keys of an address; what is found is in the key store afterwards. `anew` asks all
 * of them. Fails only if the storage does.
 */
export type DiscoverKeys = (
  address: string,
  signal: AbortSignal,
  options?: { readonly anew: boolean },
) => Promise<DiscoveryReport>

export interface DiscoveryParts {
  readonly sources: readonly KeySource[]
  readonly discoveries: Discoveries
  /** Our own mail domains: their keys are here, and nobody outside is asked for them. */
  readonly ownDomains: readonly string[]
  /** See offerKey. */
  readonly offer: (key: OfferedKey, at: Date) => Promise<OfferResult>
  readonly now: () => Date
}

/** For all sources together, with what is found taken into the store. */
const totalTimeMs = 8000

const hour = 3_600_000
/** Until a source is asked again. An error is mostly over soon; a key that was made today is found tomorrow. */
const askedAgainAfterMs: Record<Discovery['outcome'], number> = {
  found: 7 * 24 * hour,
  none: 12 * hour,
  error: hour / 4,
}

export function keyDiscovery(parts: DiscoveryParts): DiscoverKeys {
  const nothing: DiscoveryReport = { sources: [], isRicher: false, isIncomplete: false }
  // A newsletter to one address, or many mails at once: asked once, also where one of them gives up earlier.
  const underWay = new Map<string, Promise<DiscoveryReport>>()
  return async (text, signal, { anew } = { anew: false }) => {
    const asked = parts.sources.length > 0 ? askedAddress(text) : undefined
    if (!asked || parts.ownDomains.includes(asked.domain)) return nothing
    const flight = `${anew} ${asked.address}`
    let report = underWay.get(flight)
    if (!report) {
      report = discover(asked, anew, parts).finally(() => underWay.delete(flight))
      underWay.set(flight, report)
    }
    return unlessAborted(report, signal, { ...nothing, isIncomplete: true })
  }
}

async function discover(asked: AskedAddress, anew: boolean, parts: DiscoveryParts): Promise<DiscoveryReport> {
  using deadline = deadlineWithin(new AbortController().signal, totalTimeMs)
  const at = parts.now()
  const remembered = anew ? [] : (await parts.discoveries.of(asked.address)).filter(isFresh(at))
  const answers = await Promise.all(
    parts.sources.map(async (source) => {
      const before = remembered.find((discovery) => discovery.source === source.name)
      return {
        source: source.name,
        before,
        answer: before ? undefined : await ask(source, asked, deadline.signal),
      }
    }),
  )
  const sources: SourceReport[] = []
  let isRicher = false
  // One after another: two keys of one address must not both find that it has none yet.
  for (const { source, before, answer } of answers) {
    if (before) {
      const detail = `asked ${before.askedAt.toISOString()}`
      sources.push({ source, outcome: before.outcome, detail })
    } else if (answer?.kind === 'found') {
      const results = await offerAll(answer.keys, asked, parts, at)
      isRicher ||= results.some(({ kind }) => kind === 'added' || kind === 'known')
      sources.push({ source, outcome: 'found', detail: results.map(lineOf).join('; ') })
    } else if (answer) {
      sources.push({ source, outcome: answer.kind, detail: answer.reason ?? 'it has none' })
    }
  }
  // After the keys are stored: whoever finds the memory finds the keys.
  const fresh = new Set(answers.filter(({ before }) => !before).map(({ source }) => source))
  await parts.discoveries.remember(
    asked.address,
    sources
      .filter(({ source }) => fresh.has(source))
      .map(({ source, outcome }) => ({ source, outcome, askedAt: at })),
  )
  return { sources, isRicher, isIncomplete: sources.some(({ outcome }) => outcome === 'error') }
}

const isFresh =
  (at: Date) =>
  ({ outcome, askedAt }: Discovery): boolean => {
    const age = at.getTime() - askedAt.getTime()
    // A clock that went back must not make an answer last forever.
    return age >= 0 && age < askedAgainAfterMs[outcome]
  }

async function ask(source: KeySource, asked: AskedAddress, outer: AbortSignal): Promise<SourceAnswer> {
  using deadline = deadlineWithin(outer, sourceTimeMs)
  try {
    // Whatever the source does: nobody waits for it longer than this.
    const late: SourceAnswer = { kind: 'error', reason: 'no answer in time' }
    return await unlessAborted(source.ask(asked, deadline.signal), deadline.signal, late)
  } catch (error) {
    return { kind: 'error', reason: error instanceof Error ? error.name : 'Error' }
  }
}

async function offerAll(
  keys: readonly DiscoveredKey[],
  { address }: AskedAddress,
  { offer }: DiscoveryParts,
  at: Date,
): Promise<readonly OfferResult[]> {
  const results: OfferResult[] = []
  for (const key of keys) results.push(await offer({ ...key, addresses: [address] }, at))
  return results
}

function lineOf({ kind, reason, fingerprint }: OfferResult): string {
  return `${fingerprint?.slice(0, 16) ?? 'a key'} ${kind}: ${reason}`
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(otherwise)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
