import type { MimePart } from './mime-part.ts'

/** What a person reads of a message, and what lies beside it. */
export interface ReadableParts {
  readonly html: MimePart | undefined
  readonly text: MimePart | undefined
  /** Pictures that the HTML shows, by Content-ID without brackets. */
  readonly pictures: ReadonlyMap<string, MimePart>
  /** Everything else that is a leaf: files and attached messages. */
  readonly attachments: readonly MimePart[]
}

/**
 * Chooses as mail programs do (RFC 2046 5.1.3, 5.1.4; RFC 2387): the first text and HTML that are no attachment make
 * the body; parts of a multipart/related with a Content-ID are its pictures; the rest is attached. Nothing is left out.
 */
export function readableParts(root: MimePart): ReadableParts {
  let html: MimePart | undefined
  let text: MimePart | undefined
  const pictures = new Map<string, MimePart>()
  const attachments: MimePart[] = []
  const visit = (part: MimePart, related: boolean, alternative: boolean) => {
    const { type, subtype } = part.contentType
    if (type === 'multipart') {
      for (const child of part.children) {
        visit(
          child,
          related || subtype === 'related',
          subtype === 'alternative' || (alternative && subtype === 'related'),
        )
      }
      return
    }
    const contentId = contentIdOf(part)
    const shown = part.disposition !== 'attachment' && part.fileName === undefined
    if (type === 'text' && subtype === 'html' && shown && !html && (alternative || !text)) html = part
    else if (type === 'text' && subtype === 'plain' && shown && !text && !html) text = part
    else if (type === 'image' && related && contentId !== undefined) pictures.set(contentId, part)
    else attachments.push(part)
  }
  visit(root, false, false)
  return { html, text, pictures, attachments }
}

function contentIdOf(part: MimePart): string | undefined {
  const value = part.fields.find(({ name }) => name.toLowerCase() === 'content-id')?.value.trim()
  return value?.replace(/^<|>$/g, '')
}
