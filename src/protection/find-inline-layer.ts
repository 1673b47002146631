import type { ByteSource } from '../message/byte-source.ts'
import type { MimePart } from '../message/mime-part.ts'
import { type InlinePart, inlineParts } from './openpgp/inline-parts.ts'

/**
 * The parts of a mail that was encrypted by hand, text and files one by one, if that is all of it: with any part beside
 * them that was not encrypted, what is inside would stand next to a stranger's words (EFAIL).
 */
export async function findInlineLayer(
  source: ByteSource,
  root: MimePart,
): Promise<readonly InlinePart[] | undefined> {
  if (root.contentType.type !== 'multipart') return undefined
  const parts = await inlineParts(source, root)
  const isText = parts.some(({ kind }) => kind === 'encrypted-text')
  const isAll = parts.length === countLeaves(root) && parts.every(({ kind }) => kind !== 'clear-signed-text')
  return isText && isAll ? parts : undefined
}

function countLeaves(part: MimePart): number {
  return part.children.length === 0
    ? 1
    : part.children.reduce((count, child) => count + countLeaves(child), 0)
}
