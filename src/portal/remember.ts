/**
 * Asks at most once in `freshMs`, for all who want to know: what the Internet asks of us must not become as many questions
 * to the gateway. A failure is remembered likewise. `now` is in milliseconds and never goes back.
 */
export function remember<Value>(
  ask: () => Promise<Value>,
  freshMs: number,
  now: () => number,
): () => Promise<Value> {
  let answer: Promise<Value> | undefined
  let settledAt: number | undefined
  return () => {
    if (answer !== undefined && (settledAt === undefined || now() - settledAt < freshMs)) return answer
    settledAt = undefined
    const asked = ask()
    answer = asked
    const settled = () => {
      settledAt = now()
    }
    asked.then(settled, settled)
    return asked
  }
}
