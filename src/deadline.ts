/** A signal with an end of its own. Disposing it takes its timer and its listener away. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/**
 * Aborted when `outer` is, or after `ms` milliseconds. AbortSignal.timeout has no way to be called off: thousands of
 * them, each with an error to be made, would still tick for messages that were over long ago.
 */
export function deadlineWithin(outer: AbortSignal, ms: number): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  if (outer.aborted) {
    controller.abort(outer.reason)
    return { signal, [Symbol.dispose]: () => {} }
  }
  const onAbort = () => controller.abort(outer.reason)
  outer.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(
    () => controller.abort(new DOMException(`Not done in ${ms} ms`, 'TimeoutError')),
    ms,
  )
  // What waits keeps the process alive, not its limit.
  timer.unref()
  return {
    signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      outer.removeEventListener('abort', onAbort)
    },
  }
}
