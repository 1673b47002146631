/**
 * Places in Office files that fetch something without being clicked on: pictures, templates, tables, frames, DDE. Only
 * reported: the conversion has no network. What stands far behind in a large file may be missed.
 */

/** Field codes of Word ([MS-DOC] 2.9.90, RTF, and instrText in Open XML) that read another file or ask a program. */
export function fetchesInFields(text: string): boolean {
  return /\b(?:INCLUDEPICTURE|INCLUDETEXT|DDEAUTO|DDE) +["\\a-z0-9]/i.test(text)
}

/** Relations of Open XML (ECMA-376 part 2, 9.3): everything outside but what a reader clicks on. */
export function fetchesInRelations(xml: string): boolean {
  const relations = xml.match(/<(?:[\w.-]{1,50}:)?Relationship\s[^>]{1,4000}>/g) ?? []
  return relations.some(
    (relation) =>
      /\bTargetMode\s*=\s*["']External["']/.test(relation) &&
      !/\bType\s*=\s*["'][^"']*\/hyperlink["']/.test(relation),
  )
}

/** The main part of a document, or what a workbook says of others (ECMA-376 part 1, 18.14). */
export function fetchesInDocument(xml: string): boolean {
  return xml.includes('<ddeLink') || fetchesInFields(xml)
}

/** OpenDocument part 3: elements that show what their xlink:href names, where that lies outside of the package. */
export function fetchesInOpenDocument(xml: string): boolean {
  if (xml.includes('dde-application=')) return true
  const outside = /\bxlink:href\s*=\s*["'](?:[a-z][a-z0-9+.-]{1,20}:|\/|\.\.\/)/i
  const showing =
    /<(?:draw:(?:image|object|object-ole|plugin|applet|floating-frame)|text:section-source|table:table-source|table:cell-range-source|style:background-image|presentation:sound)\s[^>]{1,4000}>/g
  return (xml.match(showing) ?? []).some((element) => outside.test(element))
}

/** RTF and HTML under an Office name. */
export function fetchesInText(text: string): boolean {
  if (/\\\*\\template\b|\\objautlink\b|\\objupdate\b/.test(text) || fetchesInFields(text)) return true
  return /<(?:img|link|iframe|frame|script|object|embed|body)\s[^>]{0,2000}?(?:src|href|data|background)\s*=\s*["']?\s*(?:https?:|ftp:|file:|\/\/|\\\\)/i.test(
    text,
  )
}
