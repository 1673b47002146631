import type { MimePart } from './mime-part.ts'

/** What a person reads of a message, and what lies beside it. Every leaf stands in one list, or is another form of a shown one. */
export interface ReadableParts {
  /** Text and HTML that is no attachment, in the order of the message. */
  readonly shown: readonly MimePart[]
  /** Pictures that HTML may refer to. Whatever it does not show is an attachment. */
  readonly pictures: readonly { readonly contentId: string; readonly part: MimePart }[]
  /** Files, attached messages, and whatever is not known to be readable. */
  readonly attachments: readonly MimePart[]
}

/**
 * Chooses as mail programs do: of alternatives the HTML, else the last text (RFC 2046 5.1.4); of related parts the root
 * (RFC 2387 3.2); of all other multiparts each part.
 */
export function readableParts(root: MimePart): ReadableParts {
  const found: Found = { shown: [], pictures: [], attachments: [] }
  sort(root, 'show', found)
  return found
}

interface Found {
  readonly shown: MimePart[]
  readonly pictures: { readonly contentId: string; readonly part: MimePart }[]
  readonly attachments: MimePart[]
}

/** What becomes of the texts below: shown, attached, or left out because another form of them is shown. */
type Fate = 'show' | 'attach' | 'leave out'

function sort(part: MimePart, fate: Fate, found: Found): void {
  const { type, subtype } = part.contentType
  // A multipart without parts is broken; what it holds is attached as it is.
  if (type === 'multipart' && part.children.length > 0) {
    const alternative = subtype === 'alternative'
    const main = alternative ? bestAlternative(part.children) : relatedRoot(part)
    for (const child of part.children) {
      const isMain = main === undefined || child === main
      sort(child, isMain ? fate : alternative ? 'leave out' : fate === 'show' ? 'attach' : fate, found)
    }
    return
  }
  const contentId = contentIdOf(part)
  if (isText(part) && fate !== 'attach') {
    if (fate === 'show') found.shown.push(part)
  } else if (type === 'image' && contentId !== undefined && part.disposition !== 'attachment') {
    found.pictures.push({ contentId, part })
  } else found.attachments.push(part)
}

function bestAlternative(children: readonly MimePart[]): MimePart | undefined {
  return (
    children.findLast((child) => holds(child, isHtml)) ?? children.findLast((child) => holds(child, isText))
  )
}

/** The part that `start` names, else the first (RFC 2387 3.2); undefined for what is not multipart/related. */
function relatedRoot({ contentType, children }: MimePart): MimePart | undefined {
  if (contentType.subtype !== 'related') return undefined
  const start = contentType.parameters.get('start')?.replace(/^<|>$/g, '')
  return children.find((child) => start !== undefined && contentIdOf(child) === start) ?? children[0]
}

function holds(part: MimePart, test: (leaf: MimePart) => boolean): boolean {
  return part.contentType.type === 'multipart'
    ? part.children.some((child) => holds(child, test))
    : test(part)
}

function isText(part: MimePart): boolean {
  const { type, subtype } = part.contentType
  const isReadable = type === 'text' && (subtype === 'plain' || subtype === 'html')
  return isReadable && part.disposition !== 'attachment' && part.fileName === undefined
}

function isHtml(part: MimePart): boolean {
  return isText(part) && part.contentType.subtype === 'html'
}

function contentIdOf(part: MimePart): string | undefined {
  const value = part.fields.find(({ name }) => name.toLowerCase() === 'content-id')?.value.trim()
  return value?.replace(/^<|>$/g, '')
}
