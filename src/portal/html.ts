const markup = Symbol('markup')

/** Text that is HTML already. Only `html` makes it, so nothing that came from outside can pass for it. */
export interface Html {
  readonly [markup]: string
}

/** What may stand in a template: text, which is escaped; HTML; several of both; nothing. */
export type Shown = Html | string | number | undefined | readonly Shown[]

/**
 * HTML with values in it. Every value is escaped for text and for attributes in double quotes; there is no way to switch
 * that off. An attribute without quotes would end at the first blank of a value, so it is refused.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Shown[]): Html {
  let text = literals[0] ?? ''
  for (const [index, value] of values.entries()) {
    if (/\s[\w-]+=\s*$/.test(literals[index] ?? '')) throw new Error('an attribute value needs double quotes')
    text += textOf(value) + (literals[index + 1] ?? '')
  }
  return { [markup]: text }
}

/** The HTML as it is sent. */
export function written(content: Html): string {
  return content[markup]
}

function textOf(value: Shown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return isList(value) ? value.map(textOf).join('') : value[markup]
}

function isList(value: Html | readonly Shown[]): value is readonly Shown[] {
  return Array.isArray(value)
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => references[character] ?? '')
}
