/** What an answer of a list means. `off`: the list answers so when it does not answer, such as above its quota. */
export const codeMeanings = ['strong', 'weak', 'welcome', 'warmly-welcome', 'ignore', 'off'] as const
export type CodeMeaning = (typeof codeMeanings)[number]

export type ListWeight = Exclude<CodeMeaning, 'ignore' | 'off'>

/** What one question to a list came to. */
export type ListVerdict =
  | { readonly kind: 'listed'; readonly weight: ListWeight }
  | { readonly kind: 'clear' }
  /** Not the list speaks, or it says that it will not. */
  | { readonly kind: 'off'; readonly reason: string }

/** A pattern for answers: numbers, ranges such as `4-7`, or `*`, below 127. */
export const codePattern = /^127(\.(\*|\d{1,3}(-\d{1,3})?)){3}$/

/** What counts where a list gives several answers: the worst, then the best. */
export function heaviestOf(meanings: readonly CodeMeaning[]): ListWeight | undefined {
  return (['strong', 'weak', 'warmly-welcome', 'welcome'] as const).find((each) => meanings.includes(each))
}

/** Reads the answers to one question by the list's table; of patterns that fit the first counts, and none means nothing. */
export function readListAnswers(
  codes: Readonly<Record<string, CodeMeaning>>,
  answers: readonly string[],
): ListVerdict {
  const fault = answers.map(faultOf).find((each) => each !== undefined)
  if (fault !== undefined) return { kind: 'off', reason: fault }
  const meanings = answers.map(
    (answer) => Object.entries(codes).find(([pattern]) => fits(pattern, answer))?.[1] ?? 'ignore',
  )
  if (meanings.includes('off')) {
    return { kind: 'off', reason: `it answers ${answers.join(', ')}: we may not ask it, or not so much` }
  }
  const weight = heaviestOf(meanings)
  return weight === undefined ? { kind: 'clear' } : { kind: 'listed', weight }
}

/** Answers that are never a listing, whatever a table says. */
function faultOf(answer: string): string | undefined {
  // RFC 5782 2.1: listings are within 127/8. Anything else comes from a domain that was sold, or a resolver that lies.
  if (!answer.startsWith('127.'))
    return `it answers ${answer}, which no list does: it is gone, or somebody lies`
  // How operators say "wrong resolver", "too many questions", "unknown key" (Spamhaus and others).
  if (answer.startsWith('127.255.255.')) return `it answers ${answer}: we may not ask it so`
  // RFC 5782 2.1: not for listings; how some operators refuse to answer.
  if (answer === '127.0.0.1') return 'it answers 127.0.0.1: we may not ask it'
  return undefined
}

function fits(pattern: string, answer: string): boolean {
  const octets = answer.split('.').map(Number)
  return pattern.split('.').every((part, index) => {
    const octet = octets[index] ?? -1
    if (part === '*') return true
    const [from, to = from] = part.split('-').map(Number)
    return from !== undefined && to !== undefined && octet >= from && octet <= to
  })
}
