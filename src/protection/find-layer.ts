import type { ByteSource } from '../message/byte-source.ts'
import { decodedBytes } from '../message/decode-body.ts'
import type { ProtectionFormat } from '../message/facts.ts'
import type { MimePart } from '../message/mime-part.ts'
import { cmsHeadBytes, cmsTypeOf } from './cms-type.ts'
import { isClearSigned } from './openpgp/clear-signed.ts'
import { isOpenPgpText } from './openpgp-text.ts'

/** Protection that covers all of an entity, by its structure and its bytes. */
export type FoundLayer =
  | { readonly kind: 'enveloped' | 'opaque-signed' | 'compressed'; readonly part: MimePart }
  | {
      readonly kind: 'clear-signed'
      readonly format: ProtectionFormat
      readonly covered: MimePart
      readonly signature: MimePart
    }
  /** `part` holds the OpenPGP message; undefined where the structure is none of RFC 3156 4. */
  | { readonly kind: 'pgp-encrypted'; readonly part: MimePart | undefined }
  /** The whole text is one OpenPGP message. */
  | { readonly kind: 'pgp-text'; readonly part: MimePart }
  /** A text that says it is signed (RFC 9580 7). */
  | { readonly kind: 'pgp-signed-text'; readonly part: MimePart }

/** The layer that is all of `entity`; whatever is only a part of it is none. */
export async function findLayer(source: ByteSource, entity: MimePart): Promise<FoundLayer | undefined> {
  const { type, subtype } = entity.contentType
  if (type === 'multipart') {
    if (subtype === 'signed') return clearSigned(entity)
    if (subtype === 'encrypted') return { kind: 'pgp-encrypted', part: encryptedPart(entity) }
    return undefined
  }
  if (mayBeCms(entity)) {
    switch (cmsTypeOf(await decodedBytes(source, entity, cmsHeadBytes))) {
      case 'enveloped':
        return { kind: 'enveloped', part: entity }
      case 'signed':
        return { kind: 'opaque-signed', part: entity }
      case 'compressed':
        return { kind: 'compressed', part: entity }
      case 'other':
      case undefined:
        return undefined
    }
  }
  const isText = type === 'text' && subtype === 'plain' && entity.disposition !== 'attachment'
  if (!isText) return undefined
  if (isClearSigned(await decodedBytes(source, entity, 256))) return { kind: 'pgp-signed-text', part: entity }
  return (await isOpenPgpText(source, entity)) ? { kind: 'pgp-text', part: entity } : undefined
}

/** RFC 8551 3.2.1 and what servers make of it: an octet stream with the name smime.p7m. */
export function mayBeCms({ contentType: { type, subtype }, fileName }: MimePart): boolean {
  if (type !== 'application') return false
  return /^(?:x-)?pkcs7-mime$/.test(subtype) || /\.p7m$/i.test(fileName ?? '')
}

/** RFC 1847 2.1: two parts, no more. What has others beside it is no signed message but a heap of parts. */
function clearSigned(entity: MimePart): FoundLayer | undefined {
  const [covered, signature, ...more] = entity.children
  if (!covered || !signature || more.length > 0) return undefined
  const { type, subtype } = signature.contentType
  if (type !== 'application') return undefined
  if (/^(?:x-)?pkcs7-signature$/.test(subtype)) {
    return { kind: 'clear-signed', format: 'smime', covered, signature }
  }
  return subtype === 'pgp-signature'
    ? { kind: 'clear-signed', format: 'openpgp', covered, signature }
    : undefined
}

/** RFC 3156 4: the control part, and the message. */
function encryptedPart({ children }: MimePart): MimePart | undefined {
  const [control, message, ...more] = children
  const isControl =
    control?.contentType.type === 'application' && control.contentType.subtype === 'pgp-encrypted'
  return isControl && more.length === 0 && message?.children.length === 0 ? message : undefined
}
