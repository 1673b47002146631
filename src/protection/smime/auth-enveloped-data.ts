import { createCipheriv, randomBytes } from 'node:crypto'
import { derHead, octetString, sequence, setOf, smallInteger } from '../../keys/x509/write-der.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { free } from '../../message/free.ts'
import { aes256Gcm, authEnvelopedData, data } from './algorithms.ts'
import type { EncryptionRecipient } from './choose-algorithms.ts'
import { recipientInfo } from './recipient-info.ts'
import { streamedElement } from './streamed-element.ts'

/** RFC 5084 3.2 recommends 12; the content key is used for this one message only. */
const nonceBytes = 12
const tagBytes = 16

/**
 * A ContentInfo with AuthEnvelopedData (RFC 5083 2.1), AES-256-GCM, as a stream: nobody can change the ciphertext, nor
 * build another mail from it. GCM adds nothing, so all lengths are known from the front; the tag stands at the very end.
 */
export async function* streamAuthEnvelopedData(
  content: ByteSource,
  recipients: readonly EncryptionRecipient[],
): AsyncGenerator<Uint8Array> {
  if (recipients.length === 0) throw new Error('nobody to encrypt to')
  const key = randomBytes(32)
  const nonce = randomBytes(nonceBytes)
  const { size } = content
  // RFC 5084 3.2: aes-ICVlen is 12 unless written.
  const algorithm = sequence(aes256Gcm, sequence(octetString(nonce), smallInteger(tagBytes)))
  const encrypted = streamedElement(0x30, Buffer.concat([data, algorithm, derHead(0x80, size)]), size)
  const recipientInfos = setOf(...recipients.map((recipient) => recipientInfo(recipient, key)))
  const behind = size + 2 + tagBytes
  const enveloped = streamedElement(0x30, Buffer.concat([smallInteger(0), recipientInfos, encrypted]), behind)
  const inside = streamedElement(0xa0, enveloped, behind)
  yield streamedElement(0x30, Buffer.concat([authEnvelopedData, inside]), behind)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  let written = 0
  for await (const piece of content.stream()) {
    written += piece.length
    const encrypted = cipher.update(piece)
    yield encrypted
    free(encrypted)
  }
  cipher.final()
  // The lengths in the head are a promise.
  if (written !== size) throw new Error('the content changed while it was encrypted')
  yield octetString(cipher.getAuthTag())
}
