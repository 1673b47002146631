import { decoyWords, surnames, tradeWords } from './common-names.ts'
import { editDistance } from './edit-distance.ts'
import { mixesScripts, skeletonOf } from './skeleton.ts'

/** The domain of an organisation, in Unicode: `label` is the part it chose, `suffix` the public rest (`de`, `co.at`). */
export interface DomainName {
  readonly label: string
  readonly suffix: string
}

/** A domain that others may want to be taken for. */
export interface GuardedDomain extends DomainName {
  /** One of ours: about these nobody can be mistaken by chance, so less is enough. */
  readonly own: boolean
}

/** Made ready for comparing: once for many messages. */
export interface GuardedDomains {
  readonly names: ReadonlySet<string>
  readonly bySkeleton: ReadonlyMap<string, Guarded>
  readonly byLabel: ReadonlyMap<string, Guarded>
  readonly all: readonly Guarded[]
}

interface Guarded extends GuardedDomain {
  readonly words: readonly string[]
  readonly name: string
  readonly dashed: string
  readonly letters: number
}

export interface Lookalike {
  /** The domain that it could be taken for; undefined where the name looks like nothing that is written honestly. */
  readonly of: string | undefined
  readonly how: 'mixed scripts' | 'confusable' | 'other suffix' | 'added word' | 'misspelled' | 'contained'
}

const nameOf = ({ label, suffix }: DomainName) => `${label}.${suffix}`
/** Confusable names below this length are too often just two short names. */
const shortestSkeleton = 4
/** Long enough to be nobody else's name. */
const distinctiveLength = 8

/** Of two guarded domains that look alike the first is named. */
export function guardedDomains(domains: readonly GuardedDomain[]): GuardedDomains {
  const bySkeleton = new Map<string, Guarded>()
  const byLabel = new Map<string, Guarded>()
  const all = domains.map((domain) => {
    const name = nameOf(domain)
    return {
      ...domain,
      words: wordsOf(domain.label),
      name,
      dashed: name.replaceAll('.', '-'),
      letters: lettersOf(domain.label),
    }
  })
  for (const domain of all) {
    if (!byLabel.has(domain.label)) byLabel.set(domain.label, domain)
    for (const skeleton of skeletonsOf(domain.label))
      if (!bySkeleton.has(skeleton)) bySkeleton.set(skeleton, domain)
  }
  return { names: new Set(domains.map(nameOf)), bySkeleton, byLabel, all }
}

/**
 * Which of the guarded domains somebody could take this one for; undefined for none, and for a guarded domain itself.
 * `host` is the whole domain of the author in Unicode, which can hold a guarded name in front. Careful with honest
 * firms: families whose names differ by a letter, one name in two trades, and short names are no forgeries.
 */
export function lookalikeOf(
  domain: DomainName,
  host: string,
  guarded: GuardedDomains,
): Lookalike | undefined {
  const { label } = domain
  if (guarded.names.has(nameOf(domain))) return undefined
  if (host.split('.').some(mixesScripts)) return { of: undefined, how: 'mixed scripts' }
  const found = (of: Guarded, how: Lookalike['how']) => ({ of: of.name, how })
  const same = guarded.byLabel.get(label)
  if (same && isTelling(same)) return found(same, 'other suffix')
  for (const skeleton of skeletonsOf(label)) {
    const twin = guarded.bySkeleton.get(skeleton)
    if (twin && twin.label !== label && skeleton.length >= shortestSkeleton) return found(twin, 'confusable')
  }
  const words = wordsOf(label)
  const letters = lettersOf(label)
  // What stands in front of the organisation's own name.
  const front = `.${host.slice(0, -nameOf(domain).length)}`
  for (const each of guarded.all) {
    if (contains(front, label, each)) return found(each, 'contained')
    if (each.label === label) continue
    if (isDecorated(words, each)) return found(each, 'added word')
    // Each edit brings or takes two letters at most: this spares nearly all comparisons.
    if (bitsIn(letters ^ each.letters) <= 4 && isMisspelled(label, words, each))
      return found(each, 'misspelled')
  }
  return undefined
}

/** With an ü as a u, as it looks, and as ue, as it is written where there is none. */
function skeletonsOf(label: string): ReadonlySet<string> {
  const spelled = label.replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue')
  return new Set([skeletonOf(label), skeletonOf(spelled)])
}

function wordsOf(label: string): readonly string[] {
  return label.split('-').filter((word) => word !== '')
}

/**
 * Whether the same label under another suffix must be his. A short word is a brand or a family name, and has a homepage
 * under every suffix; two words that are not just a trade and a family name, or a long one, belong to one firm.
 */
function isTelling({ own, label, words }: Guarded): boolean {
  if (own) return label.length >= shortestSkeleton
  const rest = words.filter((word) => !tradeWords.has(word) && !surnames.has(word))
  const length = rest.join('').length
  return words.length > 1 ? rest.length > 0 && length >= 5 && label.length >= 10 : length >= 12
}

/** Which letters a label has, a bit for each. */
function lettersOf(label: string): number {
  let letters = 0
  for (let at = 0; at < label.length; at += 1) letters |= 1 << (label.charCodeAt(at) % 32)
  return letters
}

function bitsIn(mask: number): number {
  let bits = 0
  for (let left = mask; left !== 0; left &= left - 1) bits += 1
  return bits
}

/** `muster-kanzlei.de.example.com`, `muster-kanzlei-de.com`: the whole name stands in it, and is not what it ends with. */
function contains(front: string, label: string, each: Guarded): boolean {
  if (each.label.length < 5) return false
  const { name, dashed } = each
  if (label === dashed || label.startsWith(`${dashed}-`)) return true
  return front !== '.' && (front.includes(`.${name}.`) || front.includes(`.${dashed}.`))
}

/** The known name with a word beside it that says nothing: `muster-gmbh`. */
function isDecorated(words: readonly string[], each: Guarded): boolean {
  if (words.length <= each.words.length) return false
  const isDistinctive = each.own
    ? each.label.length >= 5
    : each.label.length >= 6 &&
      each.words.some((word) => ![tradeWords, surnames, decoyWords].some((words) => words.has(word)))
  if (!isDistinctive) return false
  const extra = words.length - each.words.length
  const isKnown = (from: number) => each.words.every((word, index) => words[from + index] === word)
  const areDecoys = (some: readonly string[]) => some.every((word) => decoyWords.has(word))
  for (let from = 0; from <= extra; from += 1) {
    const beside = [...words.slice(0, from), ...words.slice(from + each.words.length)]
    if (isKnown(from) && areDecoys(beside)) return true
  }
  return false
}

/** One letter amiss, two in long names; what both have in common in whole words does not make a name long. */
function isMisspelled(label: string, words: readonly string[], each: Guarded): boolean {
  if (editDistance(label, each.label, 2) > 2) return false
  let [here, there] = [words, each.words]
  while (here.length > 0 && there.length > 0 && here[0] === there[0]) {
    here = here.slice(1)
    there = there.slice(1)
  }
  while (here.length > 0 && there.length > 0 && here.at(-1) === there.at(-1)) {
    here = here.slice(0, -1)
    there = there.slice(0, -1)
  }
  const [one, other] = [here.join(''), there.join('')]
  // Only a hyphen more or less: `musterkanzlei` and `muster-kanzlei`.
  if (label.replaceAll('-', '') === each.label.replaceAll('-', '')) return each.own || isTelling(each)
  if (isAName(one) && isAName(other)) return false
  if (withoutDigits(one) === withoutDigits(other) && one !== withoutDigits(one)) return false
  const telling = withoutTrade(other)
  // All of it is a trade: then a slip in that very word is what is looked for.
  const length = telling === '' ? other.length : telling.length
  const isGuarded = each.own || each.label.length >= distinctiveLength
  const most = length < 6 || !isGuarded ? 0 : length < 12 ? 1 : 2
  return most > 0 && editDistance(one, other, most) <= most
}

/** Words that mean something by themselves, or such words joined: nobody writes them by a slip. */
function isAName(text: string): boolean {
  const isWord = (word: string) => surnames.has(word) || tradeWords.has(word)
  const rest = withoutTrade(text)
  return text === '' || isWord(text) || rest === '' || isWord(rest)
}

function withoutDigits(text: string): string {
  return text.replaceAll(/\d/g, '')
}

/** Without the words of the trade at both ends: of `steuerberatungkolb` there is left `kolb`. */
function withoutTrade(text: string): string {
  for (let length = Math.min(text.length, 22); length >= 3; length -= 1) {
    if (tradeWords.has(text.slice(0, length))) return withoutTrade(text.slice(length))
    if (tradeWords.has(text.slice(-length))) return withoutTrade(text.slice(0, -length))
  }
  return text
}
