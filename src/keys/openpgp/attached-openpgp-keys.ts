import type { ByteSource } from '../../message/byte-source.ts'
import { decodedBytes } from '../../message/decode-body.ts'
import { latin1 } from '../../message/latin1.ts'
import type { MimePart } from '../../message/mime-part.ts'
import { KeyImportError } from '../import/key-import-error.ts'
import { type OpenPgpKey, readOpenPgpKeys } from './openpgp-key.ts'

/** Programs attach one key; what attaches more is a list of keys, and belongs to an import. */
const mostFiles = 4
const mostBytes = 256 * 1024

/**
 * The keys attached to a mail: application/pgp-keys (RFC 3156 7), and files NAME.asc that hold public or private keys. Not
 * those of attached messages: they are somebody else's. A private one among them was sent by mistake: look at `isPrivate`.
 */
export async function attachedOpenPgpKeys(
  source: ByteSource,
  root: MimePart,
  at: Date,
): Promise<readonly OpenPgpKey[]> {
  const keys: OpenPgpKey[] = []
  for (const part of filesOf(root).slice(0, mostFiles)) {
    const bytes = await decodedBytes(source, part, mostBytes + 1)
    if (!isKeys(part) && !/^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----/m.test(latin1(bytes))) continue
    try {
      keys.push(...(await readOpenPgpKeys(bytes, at)))
    } catch (error) {
      if (!(error instanceof KeyImportError)) throw error
    }
  }
  return keys
}

function filesOf(part: MimePart): readonly MimePart[] {
  if (part.contentType.type === 'message') return []
  if (part.children.length > 0) return part.children.flatMap(filesOf)
  return isKeys(part) || /\.asc$/i.test(part.fileName ?? '') ? [part] : []
}

function isKeys({ contentType: { type, subtype } }: MimePart): boolean {
  return type === 'application' && subtype === 'pgp-keys'
}
