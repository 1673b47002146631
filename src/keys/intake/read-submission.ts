import { createHash } from 'node:crypto'
import { textsOfHtml } from '../../decision/detectors/text-of-html.ts'
import { decodedBytes } from '../../message/decode-body.ts'
import { decodeText } from '../../message/encoded-words.ts'
import type { InboundFacts } from '../../message/facts.ts'
import { fieldsNamed, firstValue, unfold } from '../../message/header.ts'
import { textOfBytes } from '../../message/latin1.ts'
import type { OpenedMessage } from '../../message/opened-message.ts'
import { readableParts } from '../../message/readable-parts.ts'
import type { ReceivedMessage } from '../../message/received-message.ts'
import { canonicalAddress } from '../x509/certificate.ts'
import { holdsPrivateKey } from './holds-private-key.ts'
import { isAutomatic } from './is-automatic.ts'
import { keysInSubmission, type Submission } from './keys-in-submission.ts'
import { codesIn } from './proof-code.ts'

/** What a mail to the intake address is. `other`: nothing that is worked on, such as mail of programs and of our own people. */
export type ReadSubmission =
  | { readonly kind: 'private-key' | 'other' }
  | ({ readonly kind: 'submission' } & SubmissionMail)

export interface SubmissionMail extends Submission {
  readonly author: string
  /** The author's domain, or a valid signature of his, stands behind the mail. */
  readonly isAuthentic: boolean
  readonly digest: string
  readonly messageId: string | undefined
  readonly receivedAt: Date
  /** It answers a mail of ours about a certificate or key. */
  readonly isReply: boolean
  /** What could be codes of ours in it. */
  readonly codes: readonly string[]
  /** Fingerprints of the keys of its valid signatures. */
  readonly signedBy: readonly string[]
}

/** A reply quotes a page; a code stands at its beginning or at its end. */
const mostText = 256 * 1024

/** What every Message-ID of ours about certificates and keys begins with. */
export const intakeMessageId = 'postsiegel.intake.'

/** Reads an accepted mail to the intake address; changes nothing. */
export async function readSubmission(
  message: ReceivedMessage,
  facts: Pick<InboundFacts, 'authentication' | 'protection' | 'ownDomain'>,
  { message: opened, brought }: Pick<OpenedMessage, 'message' | 'brought'>,
): Promise<ReadSubmission> {
  const [outside, inside] = [message, opened].map(({ source, tree }) => ({ source, root: tree.root }))
  if (!outside || !inside) return { kind: 'other' }
  if (await holdsPrivateKey(inside.source, inside.root)) return { kind: 'private-key' }
  const author = canonicalAddress(facts.authentication.author?.address ?? '')
  if (author === undefined || facts.ownDomain || isAutomatic(message.sender, message.fields))
    return { kind: 'other' }
  const { receivedAt, fields, digest } = message
  const found = await keysInSubmission(
    { author, fields, asItCame: outside, opened: inside, brought },
    receivedAt,
  )
  const answered = ['In-Reply-To', 'References'].flatMap((name) => fieldsNamed(fields, name))
  return {
    kind: 'submission',
    ...found,
    author,
    isAuthentic: isAuthentic(facts),
    digest,
    messageId: messageIdOf(message),
    receivedAt,
    isReply: answered.some(({ value }) => value.includes(`<${intakeMessageId}`)),
    codes: codesIn(await shownText(opened)),
    signedBy: facts.protection.layers.flatMap((layer) =>
      layer.kind === 'signed' && layer.verdict === 'valid' && layer.signer ? [layer.signer.fingerprint] : [],
    ),
  }
}

/** The same for the same key in the same message, XXXX-XXXX-XXXX in Crockford base32. */
export function intakeId(digest: string, fingerprint: string): string {
  const hash = createHash('sha256').update(`${digest} ${fingerprint}`).digest()
  const letters = Array.from(hash.subarray(0, 12), (byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte & 31])
  return (letters.join('').match(/.{4}/g) ?? []).join('-')
}

/** Whether an answer goes to whom the From field names: anybody could have written it otherwise. */
function isAuthentic({
  authentication,
  protection,
}: Pick<InboundFacts, 'authentication' | 'protection'>): boolean {
  const { spf, dkim, dmarc } = authentication
  return (
    dmarc.result === 'pass' ||
    (spf.result === 'pass' && spf.aligned) ||
    dkim.some(
      ({ result, aligned, bodyLengthLimited }) => result === 'pass' && aligned && !bodyLengthLimited,
    ) ||
    protection.signature === 'valid'
  )
}

/** A Message-ID comes from outside: what is none would be folded or broken up. */
function messageIdOf({ fields }: ReceivedMessage): string | undefined {
  const value = firstValue(fields, 'Message-ID')?.trim() ?? ''
  return /^<[\x21-\x3b\x3d\x3f-\x7e]{3,900}>$/.test(value) ? value : undefined
}

async function shownText({ source, tree, fields }: ReceivedMessage): Promise<string> {
  const texts = [decodeText(unfold(firstValue(fields, 'Subject') ?? ''))]
  let room = mostText
  for (const part of readableParts(tree.root).shown) {
    const bytes = await decodedBytes(source, part, room)
    room -= bytes.length
    const text = textOfBytes(bytes)
    texts.push(...(part.contentType.subtype === 'html' ? textsOfHtml(text) : [text]))
  }
  return texts.join('\n')
}
