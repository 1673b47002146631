import { createCipheriv, randomBytes } from 'node:crypto'
import { derHead, octetString, sequence, setOf, smallInteger } from '../../keys/x509/write-der.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { free } from '../../message/free.ts'
import { aes256Cbc, data, envelopedData } from './algorithms.ts'
import type { EncryptionRecipient } from './choose-algorithms.ts'
import { recipientInfo } from './recipient-info.ts'
import { streamedElement } from './streamed-element.ts'

const blockBytes = 16

/**
 * A ContentInfo with EnvelopedData (RFC 5652 6.1), AES-256-CBC, as a stream. The length of the ciphertext follows from
 * that of the content, so the DER can be written from the front and nothing is held.
 */
export async function* streamEnvelopedData(
  content: ByteSource,
  recipients: readonly EncryptionRecipient[],
): AsyncGenerator<Uint8Array> {
  if (recipients.length === 0) throw new Error('nobody to encrypt to')
  const key = randomBytes(32)
  const iv = randomBytes(blockBytes)
  // PKCS#7 padding always adds 1 to 16 bytes (RFC 5652 6.3).
  const streamed = content.size - (content.size % blockBytes) + blockBytes
  yield headOf(recipients, key, iv, streamed)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  let written = 0
  for await (const piece of content.stream()) {
    const encrypted = cipher.update(piece)
    written += encrypted.length
    yield encrypted
    free(encrypted)
  }
  const last = cipher.final()
  // The lengths in the head are a promise.
  if (written + last.length !== streamed) throw new Error('the content changed while it was encrypted')
  yield last
}

/** Everything up to the ciphertext, which is the very end of all structures around it. */
function headOf(
  recipients: readonly EncryptionRecipient[],
  key: Uint8Array,
  iv: Uint8Array,
  streamed: number,
): Buffer {
  const around = (tag: number, ...inside: readonly Uint8Array[]) =>
    streamedElement(tag, Buffer.concat(inside), streamed)
  // RFC 5652 6.1: 2 as soon as a recipient is not RSA by issuer and serial number.
  const isRsa = ({ certificate }: EncryptionRecipient) => certificate.publicKey.asymmetricKeyType === 'rsa'
  const version = recipients.every(isRsa) ? 0 : 2
  const recipientInfos = setOf(...recipients.map((recipient) => recipientInfo(recipient, key)))
  const encryptedContent = around(0x30, data, sequence(aes256Cbc, octetString(iv)), derHead(0x80, streamed))
  const enveloped = around(0x30, smallInteger(version), recipientInfos, encryptedContent)
  return around(0x30, envelopedData, around(0xa0, enveloped))
}
