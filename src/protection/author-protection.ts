import type { Certificate } from '../keys/x509/certificate.ts'
import { isNamedBy, type RecipientIdentifier } from '../keys/x509/recipient-identifier.ts'
import type { Workspace } from '../message/byte-source.ts'
import { decoded } from '../message/decode-body.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { findLayer } from './find-layer.ts'
import { MalformedOpenPgp } from './openpgp/dearmor.ts'
import { messageOutline } from './openpgp/message-outline.ts'
import { isOpenPgpText } from './openpgp-text.ts'
import { readEnvelope } from './smime/read-envelope.ts'

/** What the author's own program made of a message of ours. */
export type FoundAuthorProtection =
  | { readonly kind: 'none' | 'signed' }
  | {
      readonly kind: 'encrypted'
      readonly format: 'smime' | 'openpgp'
      /** Whom an S/MIME envelope names. */
      readonly identifiers: readonly RecipientIdentifier[]
    }

/**
 * Looks at structure and bytes: whoever writes `application/pkcs7-mime` above plain text has encrypted nothing, and must
 * not find a way into the clear by it. What is only a part of the message protects none of it.
 */
export async function authorProtection(
  message: ReceivedMessage,
  workspace: Workspace,
): Promise<FoundAuthorProtection> {
  const { source, tree } = message
  const layer = await findLayer(source, tree.root)
  switch (layer?.kind) {
    case undefined:
    case 'compressed':
    case 'pgp-signed-text':
      return { kind: 'none' }
    case 'opaque-signed':
      return { kind: 'signed' }
    case 'clear-signed':
      // RFC 1847 2.1: without its protocol nobody knows what the second part is.
      return { kind: tree.root.contentType.parameters.has('protocol') ? 'signed' : 'none' }
    case 'enveloped': {
      const cms = await workspace.collect(decoded(source, layer.part))
      const envelope = await readEnvelope(cms)
      return envelope.kind === 'enveloped' && envelope.recipients.length > 0
        ? { kind: 'encrypted', format: 'smime', identifiers: envelope.recipients }
        : { kind: 'none' }
    }
    case 'pgp-encrypted':
    case 'pgp-text':
      return (await isEncrypted(message, layer.part, workspace))
        ? { kind: 'encrypted', format: 'openpgp', identifiers: [] }
        : { kind: 'none' }
  }
}

/** Armor alone says nothing: inside may be text that is signed, compressed or just packed. */
async function isEncrypted(
  { source }: ReceivedMessage,
  part: MimePart | undefined,
  workspace: Workspace,
): Promise<boolean> {
  if (part === undefined || !(await isOpenPgpText(source, part))) return false
  try {
    const { recipients, protection } = await messageOutline(await workspace.collect(decoded(source, part)))
    return recipients.length > 0 && (protection === 'integrity' || protection === 'aead')
  } catch (error) {
    if (error instanceof MalformedOpenPgp) return false
    throw error
  }
}

/**
 * Whether an author's envelope is for the owner of these certificates. Of an owner whose certificates we do not know
 * the author may know one.
 */
export function isForOwnerOf(
  certificates: readonly Certificate[],
  identifiers: readonly RecipientIdentifier[],
): boolean {
  return (
    certificates.length === 0 ||
    identifiers.length === 0 ||
    certificates.some((certificate) => identifiers.some((identifier) => isNamedBy(certificate, identifier)))
  )
}
