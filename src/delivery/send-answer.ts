import { Readable } from 'node:stream'
import { readCertificate } from '../keys/x509/certificate.ts'
import { addressField, buildField, contentTypeField, structuredField } from '../message/build-field.ts'
import { buildPart } from '../message/build-part.ts'
import { bytesInMemory, type Workspace } from '../message/byte-source.ts'
import type { HeaderField } from '../message/header-field.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import { encodeQuotedPrintable } from '../message/quoted-printable.ts'
import { signAndEncrypt } from '../protection/openpgp/sign-and-encrypt.ts'
import { encryptEntity } from '../protection/smime/encrypt.ts'
import { signEntity } from '../protection/smime/sign.ts'
import { type NoticeHouse, openTransport } from './notice-transport.ts'
import type { AuthorKeys } from './protect.ts'

/** A mail that the gateway writes to somebody outside, in answer to his. */
export interface Answer {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** The part before the @ of the Message-ID: the same for the same answer. */
  readonly messageIdLocal: string
  /** Message-ID of his mail, in angle brackets. */
  readonly inReplyTo: string | undefined
  /** The key that only its owner shall open the mail with: PEM certificate, or armored OpenPGP key. */
  readonly encryptTo?: { readonly kind: 'smime' | 'openpgp'; readonly material: string }
}

export interface AnswerHouse extends NoticeHouse {
  /** Whose answers these are; replies go there. */
  readonly address: string
  readonly signers: AuthorKeys
}

/**
 * Hands an answer to Postfix, signed where its address has a key; resolves with the 250. The null reverse-path and
 * Auto-Submitted keep machines from answering it (RFC 3834 3.1.7, 3.1.8).
 */
export async function sendAnswer(
  answer: Answer,
  house: AnswerHouse,
  workspace: Workspace,
  at: Date,
): Promise<void> {
  const entity = await protectedAnswer(answer, house, workspace, at)
  const whole = buildPart([...headerOf(answer, house, at), ...entity.fields], entity.body)
  const transport = openTransport(house)
  try {
    await transport.sendMail({
      envelope: { from: '', to: [answer.to] },
      raw: Readable.from(whole.stream()),
    })
  } finally {
    transport.close()
  }
}

function headerOf(answer: Answer, { organization, address }: AnswerHouse, at: Date): readonly HeaderField[] {
  const { to, subject, messageIdLocal, inReplyTo } = answer
  return [
    addressField('From', [{ name: organization.name, address }]),
    addressField('To', [{ address: to }]),
    buildField('Subject', subject),
    structuredField('Date', at.toUTCString().replace('GMT', '+0000')),
    structuredField('Message-ID', `<${messageIdLocal}@${organization.domain}>`),
    ...(inReplyTo === undefined
      ? []
      : [structuredField('In-Reply-To', inReplyTo), structuredField('References', inReplyTo)]),
    structuredField('Auto-Submitted', 'auto-replied'),
    structuredField('MIME-Version', '1.0'),
  ]
}

async function protectedAnswer(
  { text, encryptTo }: Answer,
  { signers }: AnswerHouse,
  workspace: Workspace,
  at: Date,
): Promise<MimeEntity> {
  const bytes = new TextEncoder().encode(text.replaceAll('\n', '\r\n'))
  const plain: MimeEntity = {
    fields: [
      contentTypeField('text/plain', new Map([['charset', 'utf-8']])),
      structuredField('Content-Transfer-Encoding', 'quoted-printable'),
    ],
    body: await workspace.collect(encodeQuotedPrintable(bytesInMemory(bytes).stream())),
  }
  if (encryptTo?.kind === 'openpgp')
    return signAndEncrypt(plain, { signer: signers.openpgp, recipients: [encryptTo.material] }, workspace, at)
  const signed = signers.smime ? await signEntity(plain, signers.smime, 'clear', workspace, at) : plain
  if (!encryptTo) return signed
  // What every program reads: nothing is known of his yet.
  const recipient = { certificate: readCertificate(encryptTo.material), keyTransport: 'rsa-pkcs1' } as const
  return encryptEntity(signed, [recipient], 'aes-256-cbc', workspace)
}
