/**
 * Whether words fit one of the forms of a usage text, such as `set ADDRESS | list`: small words stand for themselves,
 * capitals for any word, what is in brackets may be missing, and options are not among the words.
 */
export function fitsUsage(usage: string, words: readonly string[]): boolean {
  return usage.split('|').some((form) => {
    const wanted = (form.split(' --')[0] ?? '').split(' ').filter((word) => word !== '')
    const needed = wanted.filter((word) => !word.startsWith('['))
    return (
      words.length >= needed.length &&
      words.length <= wanted.length &&
      needed.every((word, index) => /^[A-Z]+$/.test(word) || word === words[index])
    )
  })
}
