import {
  constants,
  createDecipheriv,
  type DecipherGCM,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto'
import type { Certificate } from '../../keys/x509/certificate.ts'
import { isNamedBy } from '../../keys/x509/recipient-identifier.ts'
import type { ByteSource, Workspace } from '../../message/byte-source.ts'
import { free } from '../../message/free.ts'
import { type ClosedEnvelope, closedBecause, EnvelopeProblem } from './closed-envelope.ts'
import { type ContentCipher, contentCipher } from './content-cipher.ts'
import { type EnvelopeParts, readEnvelopeParts } from './envelope-parts.ts'
import { keyAgreement, type OpenKey } from './key-agreement.ts'
import type { Recipient } from './read-recipients.ts'
import { decryptOaep, readOaepParameters } from './rsa-oaep.ts'

/** A key of ours. Its certificate may have expired: old mail arrives late. */
export interface DecryptionKey {
  readonly certificate: Certificate
  readonly privateKey: KeyObject
}

export interface OpenedEnvelope {
  readonly kind: 'opened'
  /** What was inside, byte for byte: as a rule a MIME entity, which may be another layer. */
  readonly content: ByteSource
  /** OpenSSL's name, such as `aes-256-cbc`. */
  readonly cipher: string
  /**
   * False for CBC: whoever handled the message could have changed it, even put sentences of his own around it (EFAIL,
   * 2018). Then nothing of it is to be believed, and nothing fetched that it names.
   */
  readonly isAuthenticated: boolean
  /** Of the certificate whose key opened it. */
  readonly fingerprint: string
}

/**
 * Decrypts EnvelopedData and AuthEnvelopedData (RFC 5652 6, RFC 5083) with the first of `keys` that it names. The bytes
 * are decoded (not base64); the content comes from `workspace`, authenticated before a byte of it is given out.
 *
 * CBC can tell nobody whether it was changed. Who sends changed copies of a message and learns which of them are
 * `damaged` decrypts it (Vaudenay 2002), so the answer to the sender must not depend on that.
 */
export async function openEnvelope(
  cms: ByteSource,
  keys: readonly DecryptionKey[],
  workspace: Workspace,
): Promise<OpenedEnvelope | ClosedEnvelope> {
  try {
    const parts = readEnvelopeParts(cms)
    if ('kind' in parts)
      throw new EnvelopeProblem('unsupported', `content of kind ${parts.kind}, no envelope`)
    const cipher = contentCipher(parts.algorithm, parts.isAuthEnveloped)
    const { key, openKey } = findWay(parts.recipients, keys)
    return {
      kind: 'opened',
      content: await decrypt(parts, cipher, contentKey(openKey, key.privateKey, cipher.keyBytes), workspace),
      cipher: cipher.name,
      isAuthenticated: cipher.kind === 'gcm',
      fingerprint: key.certificate.fingerprint,
    }
  } catch (error) {
    return closedBecause(error)
  }
}

/** The first key that is named in a way that we can follow. */
function findWay(recipients: readonly Recipient[], keys: readonly DecryptionKey[]) {
  let problem = new EnvelopeProblem('no-key', `none of our keys among ${recipients.length} recipients`)
  for (const recipient of recipients) {
    const key = keys.find(({ certificate }) => isNamedBy(certificate, recipient.identifier))
    if (!key) continue
    try {
      return { key, openKey: openerOf(recipient, key.privateKey) }
    } catch (error) {
      if (!(error instanceof EnvelopeProblem)) throw error
      problem = error
    }
  }
  throw problem
}

function openerOf(recipient: Recipient, { asymmetricKeyType }: KeyObject): OpenKey {
  const { algorithm, encryptedKey } = recipient
  if (recipient.kind === 'agreement') {
    if (asymmetricKeyType === 'ec' || asymmetricKeyType === 'x25519') return keyAgreement(recipient)
  } else if (asymmetricKeyType === 'rsa') {
    switch (algorithm.oid) {
      case '1.2.840.113549.1.1.1':
        return (key) => privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encryptedKey)
      case '1.2.840.113549.1.1.7': {
        const parameters = readOaepParameters(algorithm.parameters)
        return (key) => decryptOaep(encryptedKey, key, parameters)
      }
    }
  }
  throw new EnvelopeProblem(
    'unsupported',
    `key encryption ${algorithm.oid} for a key of ${asymmetricKeyType}`,
  )
}

/**
 * The content key; a random one if there is none to be had. RFC 5652 12, RFC 3218 2.3: all that follows is the same
 * work with the same end, so that nobody learns whether the padding of a chosen block was right (Bleichenbacher 1998).
 * OpenSSL adds to that: of PKCS#1 v1.5 with wrong padding it gives other bytes, not an error (implicit rejection).
 */
function contentKey(openKey: OpenKey, privateKey: KeyObject, keyBytes: number): Uint8Array {
  const substitute = randomBytes(keyBytes)
  try {
    const key = openKey(privateKey)
    return key.length === keyBytes ? key : substitute
  } catch {
    return substitute
  }
}

async function decrypt(
  { ciphertext, authenticatedAttributes, mac }: EnvelopeParts,
  cipher: ContentCipher,
  key: Uint8Array,
  workspace: Workspace,
): Promise<ByteSource> {
  const decipher =
    cipher.kind === 'gcm'
      ? authenticated(cipher, key, authenticatedAttributes, mac)
      : createDecipheriv(cipher.name, key, cipher.iv)
  const content = workspace.writer()
  for await (const piece of ciphertext.stream()) {
    const decrypted = decipher.update(piece)
    content.write(decrypted)
    free(decrypted)
  }
  try {
    content.write(decipher.final())
  } catch {
    throw new EnvelopeProblem('damaged', 'cannot be decrypted')
  }
  return content.finish()
}

function authenticated(
  { name, iv, tagBytes }: Extract<ContentCipher, { kind: 'gcm' }>,
  key: Uint8Array,
  attributes: Uint8Array,
  mac: Uint8Array,
): DecipherGCM {
  // RFC 5084 3.2: the tag is as long as announced. A cut one would be easier to guess.
  if (mac.length !== tagBytes)
    throw new EnvelopeProblem('damaged', `tag of ${mac.length} bytes, not ${tagBytes}`)
  const decipher = createDecipheriv(name, key, iv, { authTagLength: tagBytes })
  decipher.setAAD(attributes)
  decipher.setAuthTag(mac)
  return decipher
}
