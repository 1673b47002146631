import type { ByteSource } from '../message/byte-source.ts'
import { decodedBytes } from '../message/decode-body.ts'
import type { ProtectionFormat } from '../message/facts.ts'
import type { MimePart } from '../message/mime-part.ts'
import { cmsHeadBytes, cmsTypeOf } from './cms-type.ts'
import { mayBeCms } from './find-layer.ts'
import { mentionsOpenPgpMessage } from './openpgp-text.ts'

/**
 * The formats of encrypted parts below `entity`, in attached messages too: boxes with other content around them. They
 * are never opened, because what is inside could then be joined with what a stranger put beside it (EFAIL).
 */
export async function closedParts(
  source: ByteSource,
  entity: MimePart,
): Promise<ReadonlySet<ProtectionFormat>> {
  const found = new Set<ProtectionFormat>()
  const parts = [entity]
  for (let part = parts.pop(); part; part = parts.pop()) {
    const format = await closedFormat(source, part)
    if (format) found.add(format)
    else parts.push(...part.children)
  }
  return found
}

async function closedFormat(source: ByteSource, part: MimePart): Promise<ProtectionFormat | undefined> {
  const { type, subtype } = part.contentType
  if (type === 'multipart') return subtype === 'encrypted' ? 'openpgp' : undefined
  if (part.children.length > 0) return undefined
  if (mayBeCms(part)) {
    return cmsTypeOf(await decodedBytes(source, part, cmsHeadBytes)) === 'enveloped' ? 'smime' : undefined
  }
  if (/\.(?:gpg|pgp)$/i.test(part.fileName ?? '')) return 'openpgp'
  const isText = type === 'text' || /\.asc$/i.test(part.fileName ?? '')
  return isText && (await mentionsOpenPgpMessage(source, part)) ? 'openpgp' : undefined
}
