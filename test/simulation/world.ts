import type { Chance } from './random.ts'

/** How mail of a domain can be proven. `hoster`: SPF only, by servers that thousands of strangers use too. */
export const provings = ['reject', 'monitored', 'signed', 'own-spf', 'hoster', 'nothing', 'freemail'] as const
export type Proving = (typeof provings)[number]

/** Somebody outside who sends honest mail. */
export interface Correspondent {
  readonly address: string
  readonly domain: string
  readonly proving: Proving
  /** His mail server: its address, and whether it has a reverse name. */
  readonly server: string
  readonly named: boolean
  /** Whom of us he writes to, mostly. */
  readonly contact: string
  /** Mails that he begins in a year. */
  readonly rate: number
}

export const ownDomain = 'kanzlei.example'
export const employees = Array.from({ length: 30 }, (_, number) => `mitarbeiter${number}@${ownDomain}`)

/** Shares of firms and clients in German-speaking countries: an assumption (no survey is known to us). */
const partnerMix: readonly [Proving, number][] = [
  ['reject', 0.25],
  ['monitored', 0.22],
  ['signed', 0.14],
  ['own-spf', 0.1],
  ['hoster', 0.12],
  ['nothing', 0.05],
  ['freemail', 0.12],
]
const strangerMix: readonly [Proving, number][] = [
  ['reject', 0.22],
  ['monitored', 0.2],
  ['signed', 0.12],
  ['own-spf', 0.09],
  ['hoster', 0.12],
  ['nothing', 0.05],
  ['freemail', 0.2],
]
const freemail = ['gmx.de', 'web.de', 't-online.de', 'gmail.com', 'outlook.de']

function drawn(mix: readonly [Proving, number][], chance: Chance): Proving {
  let left = chance.next()
  for (const [proving, share] of mix) {
    left -= share
    if (left < 0) return proving
  }
  return 'reject'
}

/** Makes people outside, each one once. */
export function population(chance: Chance) {
  let made = 0
  const address = (network: number) => `198.${18 + (network >> 8)}.${network & 255}.${10 + chance.below(200)}`
  const person = (mix: readonly [Proving, number][], rate: number): Correspondent => {
    const number = made++
    const proving = drawn(mix, chance)
    const domain = proving === 'freemail' ? chance.pick(freemail) : `firma${number}.example`
    return {
      address: `person${number}@${domain}`,
      domain,
      proving,
      // Who is hosted shares a server with strangers.
      server: proving === 'hoster' ? hosterServer(chance) : address(number % 500),
      named: proving !== 'nothing' || chance.happens(0.8),
      contact: chance.pick(employees),
      rate,
    }
  }
  return {
    // Few write much, many write little.
    partner: () => person(partnerMix, 4 + chance.waiting(50)),
    stranger: () => person(strangerMix, 0),
  }
}

/** Any of the servers of the mass hosters; they change from mail to mail. */
export function hosterServer(chance: Chance): string {
  return `203.0.${chance.below(8)}.${10 + chance.below(200)}`
}

/** A server somewhere else in the world. */
export function anyServer(chance: Chance): string {
  return `${[100, 101, 102, 103][chance.below(4)]}.${chance.below(250)}.${chance.below(250)}.${1 + chance.below(250)}`
}

/**
 * Scores of SpamAssassin with Bayes, as they were measured: ham 1.3 % at 5 and 0.13 % at 8; spam of the old kind 95.5 and
 * 77.7 %; modern phishing, without network tests, 26 and 6 %.
 */
export const scores = {
  ham: (chance: Chance) => (chance.happens(0.95) ? chance.normal(-1.5, 1.5) : chance.normal(3, 2)),
  bulk: (chance: Chance) => (chance.happens(0.9) ? chance.normal(-0.5, 1.5) : chance.normal(3, 2)),
  spam: (chance: Chance) => chance.normal(10.5, 3.3),
  phishing: (chance: Chance) => chance.normal(3.2, 2.9),
}
