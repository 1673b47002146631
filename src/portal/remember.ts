/** How long an answer is good for, and how long nobody asks again after a failure, in milliseconds. */
export interface Freshness {
  readonly answerMs: number
  readonly failureMs: number
}

/**
 * Asks once for all who want to know, and not again while the answer is fresh: what the Internet asks of us must not
 * become as many questions to the gateway. `now` is in milliseconds and never goes back.
 */
export function remember<Value>(
  ask: () => Promise<Value>,
  { answerMs, failureMs }: Freshness,
  now: () => number,
): () => Promise<Value> {
  let answer: Promise<Value> | undefined
  let freshUntil = Number.POSITIVE_INFINITY
  return () => {
    if (answer !== undefined && now() < freshUntil) return answer
    freshUntil = Number.POSITIVE_INFINITY
    const asked = ask()
    answer = asked
    const keepFor = (milliseconds: number) => () => {
      freshUntil = now() + milliseconds
    }
    asked.then(keepFor(answerMs), keepFor(failureMs))
    return asked
  }
}
