import { MailFailure } from '../../failure.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { decodedBytes } from '../../message/decode-body.ts'
import type { HeaderField } from '../../message/header-field.ts'
import { latin1 } from '../../message/latin1.ts'
import type { MimePart } from '../../message/mime-part.ts'
import type { BroughtCertificate } from '../../message/opened-message.ts'
import { shownFileName } from '../../message/shown-file-name.ts'
import type { StoredKey } from '../../storage/key-store.ts'
import { importKeys } from '../import/import-keys.ts'
import { KeyImportError, type KeyImportProblem } from '../import/key-import-error.ts'
import { autocryptKey } from '../openpgp/autocrypt.ts'

export interface SubmittedKey
  extends Pick<StoredKey, 'kind' | 'fingerprint' | 'addresses' | 'material' | 'chain'> {
  /** A file or a text was sent on purpose; a signature and an Autocrypt field come with every mail of some programs. */
  readonly cameBy: 'file' | 'signature' | 'autocrypt'
}

/** What somebody sent to be set up. */
export interface Submission {
  readonly keys: readonly SubmittedKey[]
  /** Files that should be keys and cannot be taken. */
  readonly unreadable: readonly { readonly fileName: string; readonly problem: KeyImportProblem }[]
}

export interface SubmissionMail {
  readonly author: string
  readonly fields: readonly HeaderField[]
  readonly asItCame: Contents
  /** With its protection taken off. */
  readonly opened: Contents
  /** By valid signatures of the author. */
  readonly brought: readonly BroughtCertificate[]
}

interface Contents {
  readonly source: ByteSource
  readonly root: MimePart
}

/** A chain of certificates has 10 KB, a large OpenPGP key 100 KB. */
const mostBytes = 256 * 1024
/** Each may cost the openssl program some milliseconds, before the sender is answered. */
const mostFiles = 16
const mostKeys = 8

/**
 * The public keys that a mail brings: attached or pasted into its text, in its signature (also one that is not believed yet),
 * or, where there is nothing else, in its Autocrypt field. Not those of attached messages: they are somebody else's.
 */
export async function keysInSubmission(mail: SubmissionMail, at: Date): Promise<Submission> {
  const keys = new Map<string, SubmittedKey>()
  const unreadable: { fileName: string; problem: KeyImportProblem }[] = []
  const take = (key: SubmittedKey) => {
    if (keys.size < mostKeys && !keys.has(key.fingerprint)) keys.set(key.fingerprint, key)
  }
  const read = async (bytes: Uint8Array, cameBy: SubmittedKey['cameBy']) => {
    for (const { key, privateKey } of await importKeys(bytes, { source: 'intake', trust: 'verified', at }))
      if (privateKey === undefined) take(submitted(key, cameBy))
  }
  let files = 0
  const signature = signatureOf(mail.asItCame.root)
  const inner = signatureOf(mail.opened.root)
  for (const part of leavesOf(mail.opened.root)) {
    if (files === mostFiles) break
    if (part === inner || part === signature) continue
    const bytes = await decodedBytes(mail.opened.source, part, mostBytes + 1)
    const named = isNamedAsKey(part)
    if (!named && !holdsKeyBlock(part, bytes)) continue
    files += 1
    const problem = bytes.length > mostBytes ? 'too-large' : await problemOf(() => read(bytes, 'file'))
    const fileName = named ? shownFileName(part.fileName ?? '') : undefined
    if (problem !== undefined && fileName !== undefined) unreadable.push({ fileName, problem })
  }
  for (const { material, chain } of mail.brought)
    await problemOf(() => read(Buffer.from([material, ...chain].join('\n'), 'latin1'), 'signature'))
  for (const [part, { source }] of [
    [signature, mail.asItCame],
    [inner, mail.opened],
  ] as const) {
    if (!part) continue
    const bytes = await decodedBytes(source, part, mostBytes + 1)
    if (bytes.length <= mostBytes) await problemOf(() => read(bytes, 'signature'))
  }
  if (keys.size === 0) {
    const found = await autocryptKey(mail.fields, mail.author, at)
    if (found) {
      const { fingerprint, addresses, armored } = found.key
      take({ kind: 'openpgp', fingerprint, addresses, material: armored, chain: [], cameBy: 'autocrypt' })
    }
  }
  return { keys: [...keys.values()], unreadable }
}

function submitted(key: StoredKey, cameBy: SubmittedKey['cameBy']): SubmittedKey {
  const { kind, fingerprint, addresses, material, chain } = key
  return { kind, fingerprint, addresses, material, chain, cameBy }
}

/** Whatever else a library throws over bytes of strangers says that they are no key. */
async function problemOf(read: () => Promise<void>): Promise<KeyImportProblem | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    if (error instanceof MailFailure) throw error
    return error instanceof KeyImportError ? error.problem : 'unreadable'
  }
}

/** Without the signatures of what is signed: nothing covers the certificates in them. */
function* leavesOf(part: MimePart): Generator<MimePart> {
  const { contentType, children } = part
  if (contentType.type === 'message') return
  if (children.length === 0) yield part
  const isSigned = contentType.type === 'multipart' && contentType.subtype === 'signed'
  for (const child of isSigned ? children.slice(0, 1) : children) yield* leavesOf(child)
}

function isNamedAsKey({ fileName, contentType: { type, subtype } }: MimePart): boolean {
  if (type === 'application' && /^(?:pgp-keys|pkix-cert|x-x509-.*|(?:x-)?pkcs7-.*)$/.test(subtype))
    return true
  return (
    subtype !== 'pgp-signature' &&
    subtype !== 'pgp-encrypted' &&
    /\.(?:cer|crt|der|pem|p7b|p7c|p7s|asc|pgp|gpg|key)$/i.test(fileName ?? '')
  )
}

/** A pasted key, or a file under another name such as NAME.txt. */
function holdsKeyBlock({ contentType: { type, subtype } }: MimePart, bytes: Uint8Array): boolean {
  if (type === 'text' && subtype === 'html') return false
  const block = /^-----BEGIN (?:(?:X509 |TRUSTED )?CERTIFICATE|PKCS7|CMS|PGP PUBLIC KEY BLOCK)-----/m
  return (type === 'text' || type === 'application') && block.test(latin1(bytes))
}

/** Of a signed mail, the part that holds certificates (RFC 8551 3.5); not certificates alone (3.8), which are sent on purpose. */
function signatureOf(root: MimePart): MimePart | undefined {
  const { contentType, children } = root
  const part = contentType.type === 'multipart' && contentType.subtype === 'signed' ? children[1] : root
  const { subtype, parameters } = (part ?? root).contentType
  const isAlone = parameters.get('smime-type')?.toLowerCase() === 'certs-only'
  return /^(?:x-)?pkcs7-(?:signature|mime)$/.test(subtype) && !isAlone ? part : undefined
}
