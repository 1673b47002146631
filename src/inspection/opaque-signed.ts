/** signedData (RFC 5652 5.1), as its object identifier is encoded. */
const signedData = Buffer.from('06092a864886f70d010702', 'hex')

const octetString = 0x04
const constructed = 0x20
const contextZero = 0xa0

/** Programs cut the content into strings of 1 KiB and more; the depth of nested strings is one in practice. */
const maxStrings = 65_536
const maxDepth = 8

interface Element {
  readonly tag: number
  readonly start: number
  /** undefined: up to the end-of-contents octets (X.690 8.1.3.6). */
  readonly end: number | undefined
}

/** Whether a file begins as signed PKCS#7, opaque or detached. */
export function isSignedData(head: Buffer): boolean {
  if (head.length < 2 || head[0] !== 0x30) return false
  const at = head.subarray(0, 20).indexOf(signedData)
  return at > 0
}

/**
 * The content that an opaque PKCS#7 signature carries (RFC 5652 5.2), a MIME entity in mail; undefined if the signature
 * is detached or broken. BER as programs write it: indefinite lengths, strings in pieces. Nothing is verified.
 */
export function opaqueContent(bytes: Buffer): Buffer | undefined {
  const info = elementAt(bytes, 0)
  const type = info && inside(bytes, info)
  const typeEnd = type && endOf(bytes, type, maxDepth)
  if (info?.tag !== 0x30 || type?.tag !== 0x06 || typeEnd === undefined) return undefined
  // ContentInfo { type, [0] SignedData { version, digestAlgorithms, { contentType, [0] content } } }
  const tagged = elementAt(bytes, typeEnd)
  const signed = tagged?.tag === contextZero ? inside(bytes, tagged) : undefined
  const version = signed?.tag === 0x30 ? inside(bytes, signed) : undefined
  const algorithms = version && following(bytes, version)
  const encapsulated = algorithms && following(bytes, algorithms)
  const contentType = encapsulated?.tag === 0x30 ? inside(bytes, encapsulated) : undefined
  const wrapped = contentType && following(bytes, contentType)
  if (wrapped?.tag !== contextZero || (encapsulated?.end ?? bytes.length) < wrapped.start) return undefined
  const content = inside(bytes, wrapped)
  if (!content || (content.tag & ~constructed) !== octetString) return undefined
  const pieces: Buffer[] = []
  return collect(bytes, content, pieces, maxDepth) === undefined ? undefined : Buffer.concat(pieces)
}

/** Tag and length at `at` (X.690 8.1); one-byte tags and lengths up to four bytes, as in all of CMS. */
function elementAt(bytes: Buffer, at: number): Element | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  if (first === 0x80) return (tag & constructed) === 0 ? undefined : { tag, start: at + 2, end: undefined }
  const count = first < 0x80 ? 0 : first & 0x7f
  if (count > 4 || at + 2 + count > bytes.length) return undefined
  const length = count === 0 ? first : bytes.readUIntBE(at + 2, count)
  const start = at + 2 + count
  return start + length > bytes.length ? undefined : { tag, start, end: start + length }
}

function inside(bytes: Buffer, element: Element): Element | undefined {
  return elementAt(bytes, element.start)
}

function following(bytes: Buffer, element: Element): Element | undefined {
  const end = endOf(bytes, element, maxDepth)
  return end === undefined ? undefined : elementAt(bytes, end)
}

/** Where the next element begins; undefined if that cannot be found out within bounds. */
function endOf(bytes: Buffer, element: Element, depth: number): number | undefined {
  return element.end ?? skipContents(bytes, element.start, depth)
}

function skipContents(bytes: Buffer, start: number, depth: number): number | undefined {
  if (depth === 0) return undefined
  let at = start
  for (let count = 0; count < maxStrings; count++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at + 2
    const child = elementAt(bytes, at)
    const end = child && endOf(bytes, child, depth - 1)
    if (end === undefined) return undefined
    at = end
  }
  return undefined
}

/** The bytes of a string, in one or in pieces (X.690 8.7.3); the place behind it, undefined if it is broken. */
function collect(bytes: Buffer, string: Element, pieces: Buffer[], depth: number): number | undefined {
  if ((string.tag & constructed) === 0) {
    if (string.end === undefined) return undefined
    pieces.push(bytes.subarray(string.start, string.end))
    return string.end
  }
  if (depth === 0) return undefined
  let at = string.start
  while (pieces.length < maxStrings) {
    if (string.end !== undefined && at >= string.end) return string.end
    if (string.end === undefined && bytes[at] === 0 && bytes[at + 1] === 0) return at + 2
    const piece = elementAt(bytes, at)
    if (!piece || (piece.tag & ~constructed) !== octetString) return undefined
    // Empty pieces count as well, so that they end.
    if (piece.end === piece.start) pieces.push(Buffer.alloc(0))
    const end = collect(bytes, piece, pieces, depth - 1)
    if (end === undefined) return undefined
    at = end
  }
  return undefined
}
