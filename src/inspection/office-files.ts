import { decoded, decodedBytes } from '../message/decode-body.ts'
import type { OfficeAttachment, OfficeKind } from '../message/facts.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { officeCompound } from './office-compound.ts'
import { officeNamed } from './office-names.ts'
import { officeText } from './office-text.ts'
import { type OfficeContent, officeZip } from './office-zip.ts'
import { takeTurns } from './take-turns.ts'

/** Enough for every signature, and for the first elements of a document in XML. */
const headBytes = 4096

/** Above the largest attachment of a message of 60 MiB (the default limit) in base64. */
const maxFileBytes = 64 * 1024 * 1024

/** Zip and compound files keep their directory anywhere, so they are read whole: only two at once in all of us. */
const inTurn = takeTurns(2)

/**
 * The Office files among the leaves of a message's MIME tree (those of attached messages too), by their content. The
 * name adds suspicion only: what is named like an Office file but is neither one nor known as harmless counts as one,
 * and so does a broken one, because an attachment that is not recognised would pass as it came. Bytes never make this
 * fail; archives, TNEF and signed PKCS#7 are not looked into.
 */
export async function officeFiles(
  message: Pick<ReceivedMessage, 'source' | 'tree'>,
  signal: AbortSignal,
): Promise<OfficeAttachment[]> {
  const found: OfficeAttachment[] = []
  for (const { part, path } of leavesOf(message.tree.root, [])) {
    signal.throwIfAborted()
    const named = officeNamed(part)
    const head = Buffer.from(await decodedBytes(message.source, part, headBytes))
    const content = await contentOf(message, part, head, named)
    if (!content) continue
    const bytes = await sizeOf(message, part, signal)
    found.push({ path, fileName: part.fileName ?? `document.${content.office}`, ...content, bytes })
  }
  return found
}

function* leavesOf(
  part: MimePart,
  path: readonly number[],
): Generator<{ part: MimePart; path: readonly number[] }> {
  if (part.children.length === 0) yield { part, path }
  for (const [index, child] of part.children.entries()) yield* leavesOf(child, [...path, index])
}

async function contentOf(
  message: Pick<ReceivedMessage, 'source'>,
  part: MimePart,
  head: Buffer,
  named: OfficeKind | undefined,
): Promise<OfficeContent | undefined> {
  const isZip = head.indexOf('PK\x03\x04', 0, 'latin1') === 0 || head.indexOf('PK\x05\x06', 0, 'latin1') === 0
  // [MS-CFB] 2.2; a file with a damaged second half of the signature is still opened by some.
  const isCompound = head.length >= 4 && head.readUInt32BE(0) === 0xd0cf11e0
  if (isZip || isCompound) {
    return inTurn(async () => {
      const file = Buffer.from(await decodedBytes(message.source, part, maxFileBytes))
      return isZip ? officeZip(file, named) : officeCompound(file, named)
    })
  }
  // What a mail program makes of an unknown encoding (RFC 2045 6.4) we cannot see, so only the name speaks.
  if (named && !['7bit', '8bit', 'binary', 'base64', 'quoted-printable'].includes(part.transferEncoding)) {
    return { office: named, macros: false, encrypted: false }
  }
  return officeText(head, named)
}

async function sizeOf(
  message: Pick<ReceivedMessage, 'source'>,
  part: MimePart,
  signal: AbortSignal,
): Promise<number> {
  let size = 0
  for await (const bytes of decoded(message.source, part)) {
    signal.throwIfAborted()
    size += bytes.length
  }
  return size
}
