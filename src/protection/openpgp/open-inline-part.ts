import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildPart } from '../../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import { decoded, decodedBytes } from '../../message/decode-body.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import { latin1 } from '../../message/latin1.ts'
import { withLineEnds } from '../../message/line-findings.ts'
import { encodeQuotedPrintable } from '../../message/quoted-printable.ts'
import { shownFileName } from '../../message/shown-file-name.ts'
import type { CheckedSignature } from './check-signatures.ts'
import { longestClearSigned, verifyClearSigned } from './clear-signed.ts'
import type { InlinePart } from './inline-parts.ts'
import { type ClosedMessage, type OpenPgpReader, openMessage } from './open-message.ts'

export type OpenedInlinePart =
  | {
      readonly kind: 'opened'
      /** A whole part, for `replaceParts`: what was encrypted and nothing else. */
      readonly replacement: ByteSource
      readonly cipher: string
      readonly fingerprint: string
      readonly signatures: readonly CheckedSignature[]
    }
  | {
      readonly kind: 'signed'
      /** The text that was signed; undefined where other text stands around it, or the signature cannot be read. */
      readonly replacement: ByteSource | undefined
      readonly signatures: readonly CheckedSignature[]
    }
  | ClosedMessage

/** Opens one part that `inlineParts` found. Fails only for reasons of our own. */
export async function openInlinePart(
  source: ByteSource,
  { kind, part }: InlinePart,
  reader: OpenPgpReader,
  workspace: Workspace,
  at: Date,
): Promise<OpenedInlinePart> {
  const written = part.contentType.parameters.get('charset') ?? 'us-ascii'
  const charset = /^[A-Za-z0-9_-]{1,40}$/.test(written) ? written : 'windows-1252'
  if (kind === 'clear-signed-text') {
    const bytes = await decodedBytes(source, part, longestClearSigned + 1)
    const read = await verifyClearSigned(bytes, reader.verificationKeys, at)
    if (!read) return { kind: 'signed', replacement: undefined, signatures: [unreadable] }
    if (read.hasOtherText)
      return { kind: 'signed', replacement: undefined, signatures: read.signatures.map(beside) }
    const text = await textPart(bytesInMemory(read.text), charset, workspace)
    return { kind: 'signed', replacement: text, signatures: read.signatures }
  }
  const message = await workspace.collect(decoded(source, part))
  const opened = await openMessage(message, reader, workspace, at)
  if (opened.kind === 'closed') return opened
  const { content, cipher, fingerprint, signatures } = opened
  const replacement =
    kind === 'encrypted-text'
      ? await textPart(content, charsetInArmor(message) ?? (await charsetOf(content, charset)), workspace)
      : await filePart(content, part.fileName ?? '', workspace)
  return { kind: 'opened', replacement, cipher, fingerprint, signatures }
}

const unreadable: CheckedSignature = {
  keyId: '',
  problem: 'altered',
  signer: undefined,
  signedAt: undefined,
}

function beside(signature: CheckedSignature): CheckedSignature {
  return { ...signature, problem: signature.problem ?? 'other-text' }
}

async function textPart(text: ByteSource, charset: string, workspace: Workspace): Promise<ByteSource> {
  const fields = [
    contentTypeField('text/plain', new Map([['charset', charset]])),
    structuredField('Content-Transfer-Encoding', 'quoted-printable'),
  ]
  return buildPart(fields, await workspace.collect(encodeQuotedPrintable(withLineEnds(text.stream()))))
}

/** The name without the ending that told of the encryption; the type is what the rest of it says to the reader. */
async function filePart(content: ByteSource, name: string, workspace: Workspace): Promise<ByteSource> {
  const fileName = shownFileName(name.replace(/\.(?:pgp|gpg|asc)$/i, '')) ?? 'decrypted'
  const fields = [
    contentTypeField('application/octet-stream'),
    structuredField('Content-Transfer-Encoding', 'base64'),
    contentDispositionField('attachment', fileName),
  ]
  return buildPart(fields, await workspace.collect(encodeBase64(content.stream())))
}

/** RFC 9580 6.2.2.5: the charset that the text was in before it was encrypted. */
function charsetInArmor(message: ByteSource): string | undefined {
  return /^Charset: ([A-Za-z0-9_-]{1,40})\r?$/m.exec(latin1(message.read(0, 2048)))?.[1]
}

/** UTF-8 where it is; else what the part says, which was true of its armor only. */
async function charsetOf(content: ByteSource, said: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const piece of content.stream()) decoder.decode(piece, { stream: true })
    decoder.decode()
    return 'utf-8'
  } catch {
    return /^(?:us-ascii|utf-?8)$/i.test(said) ? 'windows-1252' : said
  }
}
