export const languages = ['de', 'en'] as const
export type Language = (typeof languages)[number]

/** The language that a visitor chose by `?lang=`; undefined without a choice that we have. */
export function chosenLanguage(query: unknown): Language | undefined {
  const lang = typeof query === 'object' && query !== null && 'lang' in query ? query.lang : undefined
  return languages.find((language) => language === lang)
}

/**
 * The language for a browser's Accept-Language (RFC 9110 12.5.4). Without the field it is ours, German; whoever reads
 * neither is more likely to get along with English.
 */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined || acceptLanguage.trim() === '') return 'de'
  let best: { language: Language; weight: number } | undefined
  // More than any browser sends; the rest of a longer list is not looked at.
  for (const entry of acceptLanguage.slice(0, 500).split(',')) {
    const [range = '', ...parameters] = entry.split(';')
    const primary = range.trim().toLowerCase().split('-')[0]
    const language = languages.find((known) => known === primary)
    const weight = weightOf(parameters)
    if (language !== undefined && weight > (best?.weight ?? 0)) best = { language, weight }
  }
  return best?.language ?? 'en'
}

function weightOf(parameters: readonly string[]): number {
  const written = parameters.map((parameter) => /^\s*q=(\d(?:\.\d{0,3})?)\s*$/i.exec(parameter)?.[1])
  return Number(written.find((weight) => weight !== undefined) ?? 1)
}
