import type { Treatment } from '../decision/outcome.ts'
import { withoutFlags } from '../decision/subject-flags.ts'
import { TemporaryFailure } from '../failure.ts'
import type { Ways } from '../keys/find-ways.ts'
import { autocryptField } from '../keys/openpgp/autocrypt.ts'
import type { Signer } from '../keys/signer.ts'
import { authorOf } from '../message/address.ts'
import { entityOf } from '../message/build-part.ts'
import type { Workspace } from '../message/byte-source.ts'
import { decodeText } from '../message/encoded-words.ts'
import { fieldsNamed, firstValue } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import { lacksMessageId, outgoingMessageId } from '../message/outgoing-message-id.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { Edit, FinalAnswer } from '../milter/filter.ts'
import { authorProtection } from '../protection/author-protection.ts'
import { boxed, hiddenSubject, outerFields, withProtectedHeader } from '../protection/header-protection.ts'
import { withLegacyDisplay } from '../protection/legacy-display.ts'
import { type PdfHouse, pdfEntity } from '../protection/pdf/pdf-entity.ts'
import { chooseAlgorithms } from '../protection/smime/choose-algorithms.ts'
import type { MailCrypto } from '../protection/threads/mail-crypto.ts'
import { answerBody } from './answer-body.ts'
import { deletions, entityEdits, fieldEdits } from './entity-edits.ts'

/** With what the author of a message signs. */
export interface AuthorKeys {
  readonly smime: Signer | undefined
  /** Armored private key without passphrase. */
  readonly openpgp: string | undefined
}

/** What is done to a message of ours that may leave: one body for all recipients of the transaction. */
export interface ProtectionOrder {
  readonly treatment: Treatment
  readonly signers: AuthorKeys
  /** One for each recipient. */
  readonly ways: readonly Ways[]
  /** The message with PDFs for Office files, where the policy wants that. */
  readonly converted?: ReceivedMessage
}

/** With what a message is protected. */
export interface ProtectionHouse extends PdfHouse {
  readonly crypto: MailCrypto
}

/** Outside of a PDF whose subject is hidden: readers see only this one, and must know what has come. */
const pdfSubject = 'Vertrauliche Nachricht / Confidential message'

/**
 * Protects a message and tells Postfix how it looks then. Signs before encrypting (RFC 8551 3.7), the PDF's carrier
 * too. Anything that cannot be made now fails: the message waits, it never leaves as it came.
 */
export async function protect(
  message: ReceivedMessage,
  order: ProtectionOrder,
  house: ProtectionHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const answer = await protectedMessage(message, order, house, workspace, signal)
  if (answer.kind === 'refuse') return answer
  const added = [...messageIdEdits(message), ...(await autocryptEdits(message, order))]
  return { ...answer, edits: [...answer.edits, ...added] }
}

/** Answers are known by it; whether Postfix adds one, and when, is up to its configuration. */
function messageIdEdits(message: ReceivedMessage): Edit[] {
  const id = lacksMessageId(message) ? outgoingMessageId(message) : undefined
  return id === undefined ? [] : [{ kind: 'addHeader', name: 'Message-ID', value: ` ${id}` }]
}

/** The author's own program may send its key itself; two fields would count as none (Autocrypt 1.1, 2.3). */
async function autocryptEdits(
  { fields, receivedAt }: ReceivedMessage,
  { treatment, signers }: ProtectionOrder,
): Promise<Edit[]> {
  const author = authorOf(fields)
  const isWanted = treatment.autocrypt && fieldsNamed(fields, 'Autocrypt').length === 0
  if (!isWanted || !signers.openpgp || author.kind !== 'author') return []
  const field = await autocryptField(signers.openpgp, author.address, receivedAt)
  return field ? [{ kind: 'addHeader', ...field }] : []
}

async function protectedMessage(
  message: ReceivedMessage,
  order: ProtectionOrder,
  house: ProtectionHouse,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FinalAnswer> {
  const { treatment, signers, ways } = order
  const { crypto } = house
  const { protection } = treatment
  const withFlags = order.converted ?? message
  const content = { ...withFlags, fields: withoutFlags(withFlags.fields) }
  const plain = entityOf(content.fields, content.source, content.bodyStart)
  if (treatment.byAuthor) return unchanged(message, withoutFlags(message.fields))

  const isEncrypted = protection === 'smime' || protection === 'openpgp'
  const hides = treatment.neutralSubject && (isEncrypted || protection === 'pdf')
  const subject = hides ? (isEncrypted ? hiddenSubject : pdfSubject) : undefined
  const outer = outerFields(withoutFlags(message.fields), subject)
  const isSigned = (await authorProtection(content, workspace)).kind === 'signed'

  /** What the reader opens, with its header where that is wanted; a hidden subject must stand somewhere. */
  const opened = async (): Promise<MimeEntity> => {
    const isWanted = hides || (treatment.headerProtection && !isSigned)
    if (!isWanted) return plain
    const inner = isSigned ? boxed(plain) : hides ? await withSubjectShown(plain, content, workspace) : plain
    return withProtectedHeader(inner, content.fields, 'cipher', outer)
  }
  const signed = (entity: MimeEntity) =>
    crypto.signEntity(
      signal,
      entity,
      signers.smime ?? notAnyMore(),
      treatment.signatureForm,
      workspace,
      message.receivedAt,
    )
  const clearSigned = (entity: MimeEntity) =>
    signed(treatment.headerProtection ? withProtectedHeader(entity, outer, 'clear', outer) : entity)

  switch (protection) {
    case 'smime': {
      const found = ways.flatMap(({ certificates }) =>
        certificates.length > 0 ? certificates : notAnyMore(),
      )
      const { recipients, content: cipher } = chooseAlgorithms(found, treatment)
      const inside = treatment.sign && !isSigned ? await signed(await opened()) : await opened()
      const encrypted = await crypto.encryptEntity(signal, inside, recipients, cipher, workspace)
      return changed(message, outer, encrypted)
    }
    case 'openpgp': {
      const recipients = ways.flatMap(({ openpgp }) => (openpgp.length > 0 ? openpgp : notAnyMore()))
      const signer = treatment.sign && !isSigned ? (signers.openpgp ?? notAnyMore()) : undefined
      const keys = { signer, recipients: recipients.map(({ armored }) => armored) }
      const content = await opened()
      const at = message.receivedAt
      return changed(message, outer, await crypto.signAndEncryptOpenPgp(signal, content, keys, workspace, at))
    }
    case 'pdf': {
      const password = ways[0]?.password ?? notAnyMore()
      const carrier = await pdfEntity(content, password, house, workspace, signal)
      return changed(message, outer, treatment.sign ? await clearSigned(carrier) : carrier)
    }
    case 'tls':
    case 'none': {
      if (treatment.sign && !isSigned) return changed(message, outer, await clearSigned(plain))
      return order.converted ? changed(message, outer, plain) : unchanged(message, outer)
    }
  }
}

async function withSubjectShown(
  entity: MimeEntity,
  { fields }: ReceivedMessage,
  workspace: Workspace,
): Promise<MimeEntity> {
  const subject = decodeText(firstValue(fields, 'Subject') ?? '').trim()
  return subject === '' ? entity : withLegacyDisplay(entity, subject, workspace)
}

function changed(message: ReceivedMessage, outer: readonly HeaderField[], entity: MimeEntity): FinalAnswer {
  return {
    kind: 'accept',
    edits: [...commonEdits(message, outer), ...entityEdits(message.fields, entity)],
    body: answerBody(entity.body),
  }
}

function unchanged(message: ReceivedMessage, outer: readonly HeaderField[]): FinalAnswer {
  return { kind: 'accept', edits: commonEdits(message, outer) }
}

function commonEdits({ fields }: ReceivedMessage, outer: readonly HeaderField[]): Edit[] {
  return [...removals(fields), ...fieldEdits(fields, outer, ['Subject', 'Thread-Topic'])]
}

/**
 * `TLS-Required: no` would make Postfix from 3.10 on skip the partner's TLS policy (RFC 8689 5, postconf
 * tls_required_enable); our marks of inbound mail, and what the author asked of us, are nobody's business outside.
 */
function removals(fields: readonly HeaderField[]): Edit[] {
  return deletions(fields, (name) => /^(?:tls-required|x-postsiegel(?:-.+)?)$/i.test(name))
}

function notAnyMore(): never {
  throw new TemporaryFailure('7.5', 'The way to protect this message changed meanwhile, try again')
}
