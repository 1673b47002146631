import type { Protection } from '../decision/outcome.ts'
import { TemporaryFailure } from '../failure.ts'
import type { Ways } from '../keys/find-ways.ts'
import type { Signer } from '../keys/signer.ts'
import { entityOf } from '../message/build-part.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { Edit, FinalAnswer } from '../milter/filter.ts'
import { type PdfHouse, pdfEntity } from '../protection/pdf/pdf-entity.ts'
import { encryptEntity } from '../protection/smime/encrypt.ts'
import { signEntity } from '../protection/smime/sign.ts'
import { deletions, entityEdits } from './entity-edits.ts'

/** What is done to a message of ours that may leave: one body for all recipients of the transaction. */
export interface ProtectionOrder {
  readonly protection: Protection
  /** Undefined where it is not to be signed. */
  readonly signer: Signer | undefined
  /** One for each recipient. */
  readonly ways: readonly Ways[]
  /** The message with PDFs for Office files, where the policy wants that. */
  readonly converted?: ReceivedMessage
}

/**
 * Protects a message and tells Postfix how it looks then. Signs before encrypting (RFC 8551 3.7), the PDF's carrier
 * too. Anything that cannot be made now fails: the message waits, it never leaves as it came.
 */
export async function protect(
  message: ReceivedMessage,
  order: ProtectionOrder,
  house: PdfHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const content = order.converted ?? message
  const plain = entityOf(content.fields, content.source, content.bodyStart)
  const signed = async (entity: MimeEntity) =>
    order.signer && !isSigned(entity)
      ? signEntity(entity, order.signer, 'clear', workspace, message.receivedAt)
      : entity
  switch (order.protection) {
    case 'smime': {
      const certificates = order.ways.map((ways) => ways.certificates[0]?.certificate ?? notAnyMore())
      const recipients = certificates.map((certificate) => ({
        certificate,
        keyTransport: 'rsa-pkcs1' as const,
      }))
      return changed(message, await encryptEntity(await signed(plain), recipients, 'aes-256-cbc', workspace))
    }
    case 'pdf': {
      const password = order.ways[0]?.password ?? notAnyMore()
      return changed(message, await signed(await pdfEntity(content, password, house, workspace, signal)))
    }
    case 'tls':
    case 'none': {
      const entity = await signed(plain)
      if (entity === plain && !order.converted) return { kind: 'accept', edits: removals(message) }
      return changed(message, entity)
    }
  }
}

/** What the author's own program signed is never signed again or re-encoded: it would break. */
function isSigned(entity: MimeEntity): boolean {
  const type = entity.fields.find(({ name }) => name.toLowerCase() === 'content-type')?.value ?? ''
  return /^\s*(?:multipart\/signed|multipart\/encrypted|application\/(?:x-)?pkcs7-mime)\b/i.test(type)
}

function changed(message: ReceivedMessage, entity: MimeEntity): FinalAnswer {
  return {
    kind: 'accept',
    edits: [...removals(message), ...entityEdits(message.fields, entity)],
    body: entity.body.stream(),
  }
}

/**
 * `TLS-Required: no` would make Postfix from 3.10 on skip the partner's TLS policy (RFC 8689 5, postconf
 * tls_required_enable); our marks of inbound mail are nobody's business outside.
 */
function removals(message: ReceivedMessage): Edit[] {
  return deletions(message.fields, (name) => /^(?:tls-required|x-postsiegel-.+)$/i.test(name))
}

function notAnyMore(): never {
  throw new TemporaryFailure('7.5', 'The way to protect this message changed meanwhile, try again')
}
