/** What a message may ask of us. Above a limit it is refused: its structure is an attack or a defect, not mail. */
export interface MimeLimits {
  /** Levels of multipart and message/rfc822. A forwarded mail with its attachment takes two, so 15 forwards fit. */
  readonly depth: number
  /** Nodes of the tree. The fullest ordinary mails, digests and photo albums, have a few hundred. */
  readonly parts: number
  /** Bytes of one header. Postfix takes 100 KiB in one field (header_size_limit); real headers stay below 64 KiB. */
  readonly headerBytes: number
  /** Fields of one header: 100 hops (hopcount_limit is 50) with 4 fields each, doubled. */
  readonly headerFields: number
  /** Bytes of all headers, which are held in memory: 100 messages at once take 100 MiB. */
  readonly allHeaderBytes: number
  /** Fields of all headers; 10,000 objects of about 150 bytes are 1.5 MB. */
  readonly allHeaderFields: number
  /** Characters of a boundary. RFC 2046 5.1.1 allows 70; a few old programs write several hundred. */
  readonly boundaryLength: number
}

export const mimeLimits: MimeLimits = {
  depth: 32,
  parts: 1000,
  headerBytes: 256 * 1024,
  headerFields: 1000,
  allHeaderBytes: 1024 * 1024,
  allHeaderFields: 10_000,
  boundaryLength: 1000,
}
