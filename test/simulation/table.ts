import type { Year } from './run-year.ts'
import { kinds, type MailKind } from './simulated-mail.ts'

/** A figure that the firm wants, in percent of the mails of these kinds. */
export interface Target {
  readonly name: string
  readonly kinds: readonly MailKind[]
  /** Lost mail counts as refused. */
  readonly counts: 'refused' | 'accepted'
  readonly most: number
}

/** Without those who share a mass hoster's servers: their forgers cannot be told from them. */
export const targets: readonly Target[] = [
  { name: 'known senders and replies refused', kinds: ['known or reply'], counts: 'refused', most: 0.2 },
  { name: 'first contacts refused', kinds: ['first contact'], counts: 'refused', most: 1.5 },
  {
    name: 'forged partners accepted',
    kinds: kinds.filter((kind) => kind.startsWith('spoof: ') && kind !== 'spoof: same hoster'),
    counts: 'accepted',
    most: 5,
  },
  { name: 'backscatter accepted', kinds: ['backscatter'], counts: 'accepted', most: 0 },
  { name: 'forgeries of our own domain accepted', kinds: ['own domain'], counts: 'accepted', most: 0 },
  { name: 'malware accepted', kinds: ['virus'], counts: 'accepted', most: 0 },
]

/** What was reached, in percent. */
export function reached(year: Year, { kinds, counts }: Target): number {
  let [hits, all] = [0, 0]
  for (const kind of kinds) {
    const { accepted, refused, lost } = year.get(kind) ?? { accepted: 0, refused: 0, lost: 0 }
    all += accepted + refused + lost
    hits += counts === 'accepted' ? accepted : refused + lost
  }
  return all === 0 ? 0 : (100 * hits) / all
}

/** Every kind of mail in a line, then the targets. */
export function tableOf(year: Year): string {
  const lines = kinds.flatMap((kind) => {
    const found = year.get(kind)
    if (!found) return []
    const { accepted, refused, lost, deferred } = found
    const all = accepted + refused + lost
    const share = ((100 * accepted) / all).toFixed(2)
    return [
      `${kind.padEnd(26)} ${String(all).padStart(6)}  accepted ${share.padStart(6)} %  refused ${refused}  lost ${lost}  deferred ${deferred}`,
    ]
  })
  return [
    ...lines,
    '',
    ...targets.map((target) => {
      const value = reached(year, target)
      return `${value <= target.most ? 'ok  ' : 'MISS'} ${target.name.padEnd(40)} ${value.toFixed(2)} % (at most ${target.most} %)`
    }),
  ].join('\n')
}
