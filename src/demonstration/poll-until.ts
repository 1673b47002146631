import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until there is an answer. Fails after `limitMs` with what was waited for. */
export async function pollUntil<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 60_000,
  signal?: AbortSignal,
): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > end) throw new Error(`Waited ${limitMs / 1000} s in vain: ${what}`)
    await sleep(100, undefined, signal === undefined ? {} : { signal })
  }
}
