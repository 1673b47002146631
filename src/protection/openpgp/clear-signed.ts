import { armorBlocks } from '../../keys/openpgp/openpgp-armor.ts'
import { bytesInMemory } from '../../message/byte-source.ts'
import { latin1, latin1Bytes } from '../../message/latin1.ts'
import type { CheckedSignature } from './check-signatures.ts'
import { verifyPieces } from './verify-detached.ts'

export interface ClearSignedText {
  /** What was signed, and nothing else: lines with CRLF, without their trailing blanks, in the charset that it came in. */
  readonly text: Uint8Array
  /** Bytes besides white space stand around the signed text. They are not in `text`. */
  readonly hasOtherText: boolean
  readonly signatures: readonly CheckedSignature[]
}

/** People write clear-signed text by hand; what is longer is no letter. */
export const longestClearSigned = 8 * 1024 * 1024

const begin = '-----BEGIN PGP SIGNED MESSAGE-----'
const beginSignature = '-----BEGIN PGP SIGNATURE-----'
const endSignature = '-----END PGP SIGNATURE-----'

/** Whether a text says that it is clear-signed. `head`: its first bytes. */
export function isClearSigned(head: Uint8Array): boolean {
  return new RegExp(`^\\s*${begin}[ \\t\\r]*(?:\\n|$)`).test(latin1(head.subarray(0, 4096)))
}

/**
 * Reads and checks the cleartext signature framework (RFC 9580 7). undefined for what is not exactly of its form: form
 * feeds, other headers than Hash, a second text: programs can be made to show another text than was signed (gpg.fail).
 */
export async function verifyClearSigned(
  bytes: Uint8Array,
  verificationKeys: readonly string[],
  at: Date,
): Promise<ClearSignedText | undefined> {
  if (bytes.length > longestClearSigned) return undefined
  const lines = latin1(bytes).split('\n').map(withoutBlanks)
  const start = lines.indexOf(begin)
  const signatureStart = lines.indexOf(beginSignature, start + 1)
  const end = lines.indexOf(endSignature, signatureStart + 1)
  if (start < 0 || signatureStart < 0 || end < 0) return undefined
  const blank = lines.indexOf('', start + 1)
  const headers = lines.slice(start + 1, blank)
  if (
    blank < 0 ||
    blank > signatureStart ||
    !headers.every((line) => /^Hash: [A-Za-z0-9, -]{1,100}$/.test(line))
  )
    return undefined
  const escaped = lines.slice(blank + 1, signatureStart)
  // RFC 9580 7.2: a dash at the start of a line is always escaped; one that is not belongs to somebody else's frame.
  if (!escaped.every((line) => !line.startsWith('-') || line.startsWith('- '))) return undefined
  const [block, ...more] = armorBlocks(latin1Bytes(lines.slice(signatureStart, end + 1).join('\n')))
  if (block?.label !== 'SIGNATURE' || more.length > 0) return undefined
  const around = [...lines.slice(0, start), ...lines.slice(end + 1)]
  const text = latin1Bytes(escaped.map((line) => line.replace(/^- /, '')).join('\r\n'))
  return {
    text,
    hasOtherText: around.some((line) => line !== ''),
    signatures: await verifyPieces(bytesInMemory(text).stream(), block.content, verificationKeys, at),
  }
}

/** RFC 9580 7.2: blanks, tabs and the CR at the end of a line are not signed. */
function withoutBlanks(line: string): string {
  let end = line.length
  while (end > 0 && ' \t\r'.includes(line[end - 1] ?? '')) end -= 1
  return line.slice(0, end)
}
