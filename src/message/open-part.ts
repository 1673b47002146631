import { describePart, type PartDescription } from './describe-part.ts'
import type { HeaderField } from './header-field.ts'
import type { MimePart } from './mime-part.ts'

/** A part while its end is not known. Offsets as in MimePart. */
export interface OpenPart {
  readonly parent: OpenPart | undefined
  readonly depth: number
  headerStart: number
  bodyStart: number
  bodyEnd: number
  fields: readonly HeaderField[]
  description: PartDescription
  readonly children: OpenPart[]
  /** "--" and the boundary, of a multipart that has one. */
  delimiter: Uint8Array | undefined
  place: 'preamble' | 'parts' | 'epilogue'
}

const nothingSaid = describePart([])

/** A part whose header begins at `headerStart`; the root has no parent. */
export function newPart(parent: OpenPart | undefined, headerStart: number): OpenPart {
  return {
    parent,
    depth: parent ? parent.depth + 1 : 1,
    headerStart,
    bodyStart: headerStart,
    bodyEnd: headerStart,
    fields: [],
    description: nothingSaid,
    children: [],
    delimiter: undefined,
    place: 'preamble',
  }
}

/** Ends `part` and the parts around it up to `last` at `end`; what began behind `end` is empty. */
export function closeUpTo(part: OpenPart, last: OpenPart, end: number): void {
  for (let current: OpenPart | undefined = part; current; current = current.parent) {
    current.headerStart = Math.min(current.headerStart, end)
    current.bodyStart = Math.min(current.bodyStart, end)
    current.bodyEnd = end
    if (current === last) return
  }
}

/** The part as readers see it, with all parts inside. */
export function finished(part: OpenPart): MimePart {
  const { headerStart, bodyStart, bodyEnd, fields, description, children } = part
  const { contentType, transferEncoding, fileName, disposition } = description
  return {
    headerStart,
    bodyStart,
    bodyEnd,
    fields,
    contentType,
    transferEncoding,
    fileName,
    disposition,
    children: children.map(finished),
  }
}
