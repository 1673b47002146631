import { partBytes } from '../../message/build-part.ts'
import type { Workspace } from '../../message/byte-source.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import { streamAuthEnvelopedData } from './auth-enveloped-data.ts'
import type { ContentCipher, EncryptionRecipient } from './choose-algorithms.ts'
import { streamEnvelopedData } from './enveloped-data.ts'
import { pkcs7Fields } from './pkcs7-fields.ts'

/**
 * Encrypts an entity to certificates (RFC 8551 3.3, 3.4): application/pkcs7-mime. Sign first: what is only
 * encrypted shows no change of it. The certificates must have been found usable for encryption.
 */
export async function encryptEntity(
  entity: MimeEntity,
  recipients: readonly EncryptionRecipient[],
  cipher: ContentCipher,
  workspace: Workspace,
): Promise<MimeEntity> {
  const content = partBytes(entity)
  switch (cipher) {
    case 'aes-256-cbc':
      return {
        fields: pkcs7Fields('enveloped-data'),
        body: await workspace.collect(encodeBase64(streamEnvelopedData(content, recipients))),
      }
    case 'aes-256-gcm':
      return {
        fields: pkcs7Fields('authEnveloped-data'),
        body: await workspace.collect(encodeBase64(streamAuthEnvelopedData(content, recipients))),
      }
  }
}
