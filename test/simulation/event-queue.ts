export interface Event {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly happen: () => Promise<void>
}

/** What will happen, earliest first; of one moment, what was planned first. A binary heap. */
export function eventQueue() {
  const heap: (Event & { readonly number: number })[] = []
  let number = 0
  const isBefore = (one: number, other: number) => {
    const [a, b] = [heap[one], heap[other]]
    return a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.number < b.number))
  }
  const swap = (one: number, other: number) => {
    const [a, b] = [heap[one], heap[other]]
    if (a && b) [heap[one], heap[other]] = [b, a]
  }
  return {
    plan(at: number, happen: () => Promise<void>): void {
      heap.push({ at, happen, number: number++ })
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1
        if (!isBefore(child, parent)) break
        swap(child, parent)
        child = parent
      }
    },
    next(): Event | undefined {
      swap(0, heap.length - 1)
      const first = heap.pop()
      for (let parent = 0; ; ) {
        const [left, right] = [2 * parent + 1, 2 * parent + 2]
        const least = isBefore(right, left) ? right : left
        if (!isBefore(least, parent)) return first
        swap(least, parent)
        parent = least
      }
    },
  }
}
