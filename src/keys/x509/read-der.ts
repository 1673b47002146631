/** The bytes are not what X.690 calls DER, or not the structure that was expected. */
export class MalformedDer extends Error {}

/** One element of DER. `encoded` is the whole of it, `content` what stands behind the length; both are windows. */
export interface DerElement {
  readonly tag: number
  readonly encoded: Uint8Array
  readonly content: Uint8Array
}

/** More children than any certificate has; keeps a hostile one from costing memory. */
const maxChildren = 4096

/** Reads the element that begins at `at`; bytes behind it are left alone. */
export function readElement(bytes: Uint8Array, at = 0): DerElement {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new MalformedDer('element ends early')
  if ((tag & 0x1f) === 0x1f) throw new MalformedDer('tag number above 30')
  let contentStart = at + 2
  let length = first
  if (first >= 0x80) {
    const lengthBytes = first - 0x80
    // X.690 10.1: DER knows no indefinite length (0x80). Four bytes already reach 4 GiB.
    if (lengthBytes === 0 || lengthBytes > 4) throw new MalformedDer('length of unsupported form')
    length = 0
    for (let index = 0; index < lengthBytes; index++)
      length = length * 256 + (bytes[contentStart + index] ?? 0)
    contentStart += lengthBytes
    if (length < 0x80 || length < 256 ** (lengthBytes - 1))
      throw new MalformedDer('length not in its shortest form')
  }
  const end = contentStart + length
  if (end > bytes.length) throw new MalformedDer('element ends early')
  return { tag, encoded: bytes.subarray(at, end), content: bytes.subarray(contentStart, end) }
}

/** Reads bytes that are exactly one element. */
export function readDer(bytes: Uint8Array): DerElement {
  const element = readElement(bytes)
  if (element.encoded.length !== bytes.length) throw new MalformedDer('bytes behind the end')
  return element
}

/** The elements inside a constructed one, in order. */
export function childrenOf(element: DerElement): readonly DerElement[] {
  const children: DerElement[] = []
  for (let at = 0; at < element.content.length; ) {
    const child = readElement(element.content, at)
    children.push(child)
    if (children.length > maxChildren) throw new MalformedDer('too many elements')
    at += child.encoded.length
  }
  return children
}

/** An OBJECT IDENTIFIER in dotted form (X.690 8.19). */
export function oidOf(element: DerElement | undefined): string {
  if (element?.tag !== 0x06) throw new MalformedDer('an object identifier was expected')
  const { content } = element
  if (content.length === 0 || (content[content.length - 1] ?? 0) >= 0x80)
    throw new MalformedDer('broken identifier')
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new MalformedDer('identifier with an arc too large')
    if (byte >= 0x80) continue
    // The first two arcs share one number: 40 * first + second, and first is at most 2.
    if (arcs.length === 0)
      arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)))
    else arcs.push(arc)
    arc = 0
  }
  return arcs.join('.')
}
