import { type ByteSource, bytesInMemory, concatenated } from './byte-source.ts'
import { latin1Bytes } from './latin1.ts'
import type { MimePart, MimeTree } from './mime-part.ts'

/**
 * The message with some parts replaced; every other byte stays as it is, and nothing is copied. Keys are paths such as
 * `0.2.1`, `` for the root; values are complete parts: fields, blank line, body. No line of a
 * value may begin with "--", because the sender knows the boundaries: our base64 and quoted-printable never do. A part below a replaced one goes with
 * it. A key that leads nowhere is a mistake of the caller.
 */
export function replaceParts(
  source: ByteSource,
  tree: MimeTree,
  replacements: ReadonlyMap<string, ByteSource>,
): ByteSource {
  if (replacements.size === 0) return source
  const pieces: ByteSource[] = []
  const used = new Set<string>()
  let copied = 0
  const visit = (part: MimePart, path: string): void => {
    const replacement = replacements.get(path)
    if (!replacement) {
      for (const [index, child] of part.children.entries())
        visit(child, path === '' ? `${index}` : `${path}.${index}`)
      return
    }
    used.add(path)
    pieces.push(source.window(copied, part.headerStart), replacement)
    if (needsLineEnd(source, part.bodyEnd)) pieces.push(bytesInMemory(latin1Bytes('\r\n')))
    copied = part.bodyEnd
  }
  visit(tree.root, '')
  for (const path of replacements.keys()) {
    if (!used.has(path)) throw new RangeError(`No part ${path} to replace`)
  }
  pieces.push(source.window(copied, source.size))
  return concatenated(pieces)
}

/** An empty part can share its line end with the boundary before it (RFC 2046 5.1.1); a longer one needs its own. */
function needsLineEnd(source: ByteSource, bodyEnd: number): boolean {
  const [next] = source.read(bodyEnd, bodyEnd + 1)
  return next !== undefined && next !== 13 && next !== 10
}
