import type { MimePart } from '../message/mime-part.ts'

/** The texts that a reader sees first, by path (RFC 9788 1.9): of a mixed or related multipart the first part, of alternatives each. */
export function mainTexts(
  part: MimePart,
  path: readonly number[] = [],
): (readonly [readonly number[], MimePart])[] {
  const { type, subtype } = part.contentType
  if (type === 'multipart') {
    const children = part.children.map((child, index) => [child, [...path, index]] as const)
    if (subtype === 'alternative') return children.flatMap(([child, place]) => mainTexts(child, place))
    if (subtype === 'mixed' || subtype === 'related')
      return children.slice(0, 1).flatMap(([child, place]) => mainTexts(child, place))
    return []
  }
  const isText = type === 'text' && (subtype === 'plain' || subtype === 'html')
  return isText && part.disposition !== 'attachment' && part.fileName === undefined ? [[path, part]] : []
}
