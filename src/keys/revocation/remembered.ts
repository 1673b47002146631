export interface Learned<Value> {
  readonly value: Value
  /** Asked again from then on. */
  readonly until: Date
  /** What keeping it costs. */
  readonly bytes: number
}

/** Learns the value of a key; `before` is what was known until now. Its failures are values. */
export type Learn<Value> = (before: Value | undefined) => Promise<Learned<Value>>

/**
 * Remembers what was learned by key, up to `maxBytes` in all; the longest unused goes first. Who asks while somebody
 * else does so already waits for the same answer. undefined when `signal` ends first, or when `maxUnderWay` are asked
 * for; learning goes on for the next who asks.
 */
export type Recall<Value> = (
  key: string,
  at: Date,
  signal: AbortSignal,
  learn: Learn<Value>,
) => Promise<Value | undefined>

export function remember<Value>(maxBytes: number, maxUnderWay: number): Recall<Value> {
  // A Map keeps the order of insertion: what is used moves to the end.
  const known = new Map<string, Learned<Value>>()
  const underWay = new Map<string, Promise<Value>>()
  let bytes = 0

  const forget = (key: string) => {
    bytes -= known.get(key)?.bytes ?? 0
    known.delete(key)
  }
  const keep = (key: string, learned: Learned<Value>) => {
    forget(key)
    known.set(key, learned)
    bytes += learned.bytes
    for (const oldest of known.keys()) {
      if (bytes <= maxBytes) break
      forget(oldest)
    }
  }

  return (key, at, signal, learn) => {
    const before = known.get(key)
    if (before && at < before.until) {
      known.delete(key)
      known.set(key, before)
      return Promise.resolve(before.value)
    }
    let flight = underWay.get(key)
    if (!flight) {
      if (underWay.size >= maxUnderWay) return Promise.resolve(undefined)
      flight = learn(before?.value)
        .then((learned) => {
          keep(key, learned)
          return learned.value
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, flight)
    }
    return within(flight, signal)
  }
}

/** What `work` comes to, or undefined once `signal` is aborted. */
function within<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(undefined)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
