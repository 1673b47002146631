import type { HeaderField } from './header-field.ts'

/** RFC 2045 5.1, lower-cased type and subtype; parameter names lower-cased, RFC 2231 continuations joined and decoded. */
export interface ContentType {
  readonly type: string
  readonly subtype: string
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * A node of the MIME tree, as byte offsets into the spooled message it was found in; nothing is decoded or copied.
 * [headerStart, bodyStart) holds the fields and the blank line; [bodyStart, bodyEnd) the body without the CRLF that
 * belongs to the next boundary (RFC 2046 5.1.1). [headerStart, bodyEnd) is what a signature covers (RFC 1847 2.1).
 */
export interface MimePart {
  readonly headerStart: number
  readonly bodyStart: number
  readonly bodyEnd: number
  readonly fields: readonly HeaderField[]
  readonly contentType: ContentType
  /** Lower-case, 7bit when absent. */
  readonly transferEncoding: string
  /** Decoded file name from Content-Disposition or Content-Type; for display and hints, never for paths. */
  readonly fileName: string | undefined
  readonly disposition: 'inline' | 'attachment' | undefined
  /** Children of a multipart, or the one message of a message/rfc822. */
  readonly children: readonly MimePart[]
}

/** A spooled message that has been read: its header, its tree, and where readers could disagree about it. */
export interface MimeTree {
  readonly root: MimePart
  /** Places where mail programs are known to differ, each a short stable name such as `duplicate-content-type`. */
  readonly ambiguities: readonly string[]
}
