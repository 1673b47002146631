import type { DriverAnswer, DriverProcess } from './driver-process.ts'
import { limits } from './limits.ts'

/** What came of a job: an answer of a driver, or none because there was no place or no driver for it. */
export type JobResult = DriverAnswer | { readonly kind: 'busy' } | { readonly kind: 'unavailable' }

export interface PoolStatus {
  readonly idle: number
  readonly starting: number
  readonly working: number
  readonly waiting: number
  /** Jobs that were stopped: time or memory ran out, or the asker went away. */
  readonly stopped: number
  readonly crashed: number
}

interface Place {
  readonly give: (driver: DriverProcess | 'busy' | 'unavailable') => void
}

/**
 * Warm drivers, `size` of them and a spare. A driver does one job at a time and is replaced when it is worn out and after every
 * failure. A job that turns out to be slow no longer counts: another driver is started for those who come after,
 * up to a few, so that documents which never end hold nobody up while their time runs out.
 */
export class WorkerPool {
  readonly #size: number
  readonly #start: (signal: AbortSignal) => Promise<DriverProcess>
  readonly #onStartFailure: (error: unknown) => void
  readonly #closing = new AbortController()
  readonly #waiting: Place[] = []
  readonly #idle: DriverProcess[] = []
  readonly #working = new Set<DriverProcess>()
  readonly #slow = new Set<DriverProcess>()
  #starting: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #stopped = 0
  #crashed = 0

  constructor(
    size: number,
    start: (signal: AbortSignal) => Promise<DriverProcess>,
    onStartFailure: (error: unknown) => void,
  ) {
    this.#size = size
    this.#start = start
    this.#onStartFailure = onStartFailure
    this.#balance()
  }

  get status(): PoolStatus {
    return {
      idle: this.#idle.length,
      starting: this.#starting ? 1 : 0,
      working: this.#working.size,
      waiting: this.#waiting.length,
      stopped: this.#stopped,
      crashed: this.#crashed,
    }
  }

  /** Rejects only with the signal's reason. */
  async run(question: object, content: Uint8Array, signal: AbortSignal): Promise<JobResult> {
    const driver = await this.#acquire(signal)
    if (driver === 'busy' || driver === 'unavailable') return { kind: driver }
    const slow = setTimeout(() => {
      this.#slow.add(driver)
      void driver.yieldToOthers(true)
      this.#balance()
    }, limits.slowAfter)
    let healthy = false
    try {
      const answer = await driver.ask(question, content, signal)
      // A document that asks for a password takes the ordinary way; after anything else odd, start afresh.
      healthy = answer.kind === 'answered' || (answer.kind === 'refused' && answer.code === 'password')
      if (answer.kind === 'crashed') this.#crashed += 1
      if (answer.kind === 'time-limit' || answer.kind === 'memory-limit') this.#stopped += 1
      return answer
    } catch (error) {
      this.#stopped += 1
      throw error
    } finally {
      clearTimeout(slow)
      void this.#release(driver, healthy)
    }
  }

  /** Kills all drivers, whatever they do. Their jobs end as crashed, waiting ones as unavailable. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#retry)
    for (const place of this.#waiting.splice(0)) place.give('unavailable')
    await Promise.all([this.#starting, ...[...this.#idle, ...this.#working].map((driver) => driver.kill())])
  }

  async #acquire(signal: AbortSignal): Promise<DriverProcess | 'busy' | 'unavailable'> {
    signal.throwIfAborted()
    if (this.#closing.signal.aborted) return 'unavailable'
    if (this.#waiting.length >= limits.waitingJobs) return 'busy'
    return new Promise((resolve, reject) => {
      const leave = () => {
        const index = this.#waiting.indexOf(place)
        if (index >= 0) this.#waiting.splice(index, 1)
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
      }
      const place: Place = {
        give(driver) {
          leave()
          resolve(driver)
        },
      }
      const abort = () => {
        leave()
        reject(signal.reason)
      }
      const timer = setTimeout(() => place.give('busy'), limits.waitTime)
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.push(place)
      this.#balance()
      // After a failed start there is a pause, in which nobody shall wait for what will hardly come.
      if (this.#retry && this.#working.size === 0) place.give('unavailable')
    })
  }

  async #release(driver: DriverProcess, healthy: boolean): Promise<void> {
    const surplus = this.#idle.length > this.#size
    if (healthy && this.#slow.has(driver)) await driver.yieldToOthers(false)
    const keep = healthy && !surplus && !this.#closing.signal.aborted && !(await driver.isWornOut())
    this.#working.delete(driver)
    this.#slow.delete(driver)
    if (keep) this.#rest(driver)
    else void driver.kill()
    this.#balance()
  }

  #rest(driver: DriverProcess): void {
    this.#idle.push(driver)
    void driver.ended.then(() => {
      const index = this.#idle.indexOf(driver)
      if (index < 0) return
      this.#idle.splice(index, 1)
      this.#crashed += 1
      this.#balance()
    })
  }

  /** Gives idle drivers to those who wait, and starts the next one if there are too few. */
  #balance(): void {
    if (this.#closing.signal.aborted) return
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const driver = this.#idle.shift()
      if (!driver?.alive) continue
      this.#working.add(driver)
      this.#waiting[0]?.give(driver)
    }
    const occupied = this.#working.size - Math.min(this.#slow.size, limits.slowJobs)
    if (this.#starting || this.#retry || this.#idle.length + occupied > this.#size) return
    // One at a time: on a busy machine the first is ready sooner than two would be.
    this.#starting = this.#start(this.#closing.signal)
      .then(
        (driver) => {
          if (this.#closing.signal.aborted) return driver.kill()
          // Started for a slow job that has ended meanwhile: one too many, and the longest idle has seen the most documents.
          if (this.#idle.length > this.#size) void this.#idle.shift()?.kill()
          this.#rest(driver)
          return undefined
        },
        (error: unknown) => {
          if (this.#closing.signal.aborted) return
          this.#onStartFailure(error)
          this.#retry = setTimeout(() => {
            this.#retry = undefined
            this.#balance()
          }, 2000)
          if (this.#working.size === 0) for (const place of [...this.#waiting]) place.give('unavailable')
        },
      )
      .finally(() => {
        this.#starting = undefined
        this.#balance()
      })
  }
}
