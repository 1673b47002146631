import type { ByteSource } from './byte-source.ts'
import type { HeaderField } from './header-field.ts'

/** The content of a message without its own fields: Content-* fields and a body. Protection turns one into another. */
export interface MimeEntity {
  /** MIME fields in order (Content-Type first), values as in HeaderField. MIME-Version is not among them. */
  readonly fields: readonly HeaderField[]
  readonly body: ByteSource
}

/** MIME-Version and the Content-* fields describe the body; all others belong to the message (RFC 2045 3). */
export function describesBody(name: string): boolean {
  return /^(?:mime-version|content-.+)$/i.test(name)
}
