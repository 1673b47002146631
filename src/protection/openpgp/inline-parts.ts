import type { ByteSource } from '../../message/byte-source.ts'
import { decodedBytes } from '../../message/decode-body.ts'
import { latin1 } from '../../message/latin1.ts'
import type { MimePart } from '../../message/mime-part.ts'
import { readableParts } from '../../message/readable-parts.ts'
import { isOpenPgpText } from '../openpgp-text.ts'
import { isClearSigned } from './clear-signed.ts'

/** A part that is OpenPGP by itself, without the structure of RFC 3156. */
export interface InlinePart {
  readonly kind: 'encrypted-text' | 'encrypted-file' | 'clear-signed-text'
  /** As `replaceParts` names it. */
  readonly path: string
  readonly part: MimePart
}

/** People encrypt some files by hand, not twenty. */
const mostParts = 20
const headBytes = 4096

/**
 * Texts and files of a mail that were encrypted or signed one by one, as by hand. None in a mail that shows HTML, and none
 * below other protection: a decrypted text must not stand where somebody else's markup could fetch it (EFAIL).
 */
export async function inlineParts(source: ByteSource, root: MimePart): Promise<readonly InlinePart[]> {
  const { shown } = readableParts(root)
  if (shown.some(({ contentType }) => contentType.subtype === 'html')) return []
  const found: InlinePart[] = []
  for (const { part, path } of leavesOf(root, '')) {
    const kind = await kindOf(source, part, shown.includes(part))
    if (kind) found.push({ kind, path, part })
    if (found.length > mostParts) return []
  }
  return found
}

function leavesOf(
  part: MimePart,
  path: string,
): readonly { readonly part: MimePart; readonly path: string }[] {
  const { type, subtype } = part.contentType
  if (type === 'message' || (type === 'multipart' && (subtype === 'signed' || subtype === 'encrypted')))
    return []
  if (part.children.length === 0) return [{ part, path }]
  return part.children.flatMap((child, index) =>
    leavesOf(child, path === '' ? `${index}` : `${path}.${index}`),
  )
}

async function kindOf(
  source: ByteSource,
  part: MimePart,
  isShown: boolean,
): Promise<InlinePart['kind'] | undefined> {
  const isFile = /\.(?:pgp|gpg|asc)$/i.test(part.fileName ?? '')
  if (!isShown && !isFile) return undefined
  const head = await decodedBytes(source, part, headBytes)
  if (isShown && isClearSigned(head)) return 'clear-signed-text'
  // Text around it would be lost, or stand beside what was decrypted.
  if (isShown) return (await isOpenPgpText(source, part)) ? 'encrypted-text' : undefined
  const isArmored = /^\s*-----BEGIN PGP MESSAGE-----/.test(latin1(head))
  // RFC 9580 4.2: a session key packet (tag 1 or 3), in the new or the old form.
  const first = head[0] ?? 0
  const isBinary = [0xc1, 0xc3].includes(first) || [0x84, 0x85, 0x8c, 0x8d].includes(first)
  return isArmored || isBinary ? 'encrypted-file' : undefined
}
