/** Chance that is the same for the same seed. */
export interface Chance {
  /** From 0 up to 1. */
  next(): number
  /** True with this probability. */
  happens(probability: number): boolean
  /** A whole number from 0 below `end`. */
  below(end: number): number
  pick<Item>(items: readonly Item[]): Item
  /** Of a normal distribution. */
  normal(mean: number, deviation: number): number
  /** The time to the next of events that come on average once in `mean`. */
  waiting(mean: number): number
}

/** mulberry32: small, fast, good enough for a world of mail. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    next,
    below,
    happens: (probability) => next() < probability,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    // Box and Muller.
    normal: (mean, deviation) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    waiting: (mean) => -mean * Math.log(1 - next()),
  }
}
