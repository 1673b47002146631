/** A figure that was promised, and what came out. */
export interface Bar {
  readonly what: string
  readonly measured: number
  readonly limit: number
  readonly better: 'more' | 'less'
}

export function isReached({ measured, limit, better }: Bar): boolean {
  return better === 'more' ? measured >= limit : measured <= limit
}

export function describeBar(bar: Bar): string {
  const { what, measured, limit, better } = bar
  const wanted = `${better === 'more' ? 'at least' : 'at most'} ${limit}`
  return `${isReached(bar) ? 'reached' : 'MISSED '}  ${what}: ${measured.toFixed(2)} (${wanted})`
}
