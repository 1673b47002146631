import type { ListVerdict } from '../policy/list-codes.ts'
import type { AddressLookup } from './resolver.ts'

/** How a list is. Only what a list says that is `on` counts. */
export interface ListState {
  readonly list: string
  /** `off`: it says so itself, or fails its test; `silent`: it does not answer. */
  readonly state: 'untested' | 'on' | 'off' | 'silent'
  readonly reason: string | undefined
  readonly since: Date
}

export interface ListHealth {
  /** Is off or silent, and not due for another test yet: asking it is no use. */
  rests(): boolean
  /** Whether its answers count, as far as the last test can tell; tests it first where that is due. */
  isOn(): Promise<boolean>
  /** Told after each question, undefined where there was no answer. */
  asked(verdict: ListVerdict | undefined): void
  state(): ListState
}

const dayMs = 86_400_000
/** How long a state holds until the list is tested again. */
const holds = { untested: 0, on: dayMs, off: 3_600_000, silent: 60_000 } as const
/** One lost datagram is no outage; below this number in a row a list is still asked. */
const mostFailures = 5

/** The two names that a list answers for its own test, and how it does. */
export interface ListTest {
  /** RFC 5782 5: must be listed, and must not. */
  readonly listed: string
  readonly clear: string
  readonly read: (answers: readonly string[]) => ListVerdict
}

/**
 * Watches one list by the test that RFC 5782 5 asks for, daily: a list that lists everything, nothing, or answers with
 * addresses of an advertiser is switched off until it passes again, instead of refusing or admitting everybody.
 */
export function watchList(
  list: string,
  test: ListTest,
  parts: {
    readonly lookup: AddressLookup
    readonly now: () => Date
    readonly onChange: (state: ListState) => void
  },
): ListHealth {
  const { lookup, now, onChange } = parts
  let current: ListState = { list, state: 'untested', reason: undefined, since: now() }
  let testedAt = 0
  let failures = 0
  let underWay: Promise<void> | undefined

  const become = (state: ListState['state'], reason?: string) => {
    testedAt = now().getTime()
    failures = 0
    const isNew = state !== current.state
    current = { list, state, reason, since: isNew ? now() : current.since }
    if (isNew) onChange(current)
  }
  const testNow = async () => {
    const [listed, clear] = await Promise.all([answersTo(lookup, test.listed), answersTo(lookup, test.clear)])
    if (listed === undefined || clear === undefined) return become('silent', 'no answer to its test')
    const verdict = listed.length === 0 ? undefined : test.read(listed)
    if (verdict === undefined) become('off', `${test.listed} is not listed, as it must be`)
    else if (verdict.kind === 'off') become('off', verdict.reason)
    else if (clear.length > 0)
      become('off', `it lists ${test.clear}, which must not be: perhaps it lists all`)
    else become('on')
  }
  const tested = () => {
    underWay ??= testNow().finally(() => {
      underWay = undefined
    })
    return underWay
  }
  const isDue = () => now().getTime() - testedAt >= holds[current.state]
  return {
    rests: () => (current.state === 'off' || current.state === 'silent') && !isDue(),
    async isOn() {
      if (isDue()) {
        const test = tested()
        // What was on yesterday is still asked while it is tested.
        if (current.state !== 'on') await test
      }
      return current.state === 'on'
    },
    asked(verdict) {
      if (verdict?.kind === 'off') become('off', verdict.reason)
      else if (verdict) failures = 0
      else if (++failures >= mostFailures) become('silent', `no answer to ${failures} questions in a row`)
    },
    state: () => current,
  }
}

/** The addresses of a name, none if it has none; undefined where nobody knows. */
export async function answersTo(lookup: AddressLookup, name: string): Promise<readonly string[] | undefined> {
  try {
    return (await lookup(name)).map(({ address }) => address)
  } catch (error) {
    return isNoSuchName(error) ? [] : undefined
  }
}

/** "There is none" is an answer; everything else means that nobody knows. */
export function isNoSuchName(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ENOTFOUND' || code === 'ENODATA'
}
