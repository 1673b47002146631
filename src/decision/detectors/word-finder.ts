/**
 * Looks for whole words and phrases of a list in a text, whatever the case: `Kündigung` also finds KUENDIGUNG, `Straße`
 * STRASSE; accents, soft hyphens, and what stands between the words of a phrase make no difference.
 */
export function wordFinder(phrases: readonly string[]): (text: string) => boolean {
  // By their first words, so that a long list costs no more than a short one.
  const byFirst = new Map<string, (readonly string[])[]>()
  for (const words of phrases.map(wordsOf)) {
    const [first] = words
    if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), words])
  }
  if (byFirst.size === 0) return () => false
  return (text) => {
    const words = wordsOf(text)
    return words.some((word, at) =>
      byFirst.get(word)?.some((phrase) => phrase.every((each, index) => words[at + index] === each)),
    )
  }
}

const spelledOut: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' }

function wordsOf(text: string): readonly string[] {
  const comparable = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[äöüß]/g, (letter) => spelledOut[letter] ?? letter)
    .normalize('NFD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
  return comparable.match(/[\p{L}\p{N}]+/gu) ?? []
}
