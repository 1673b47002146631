import type { Certificate } from '../../keys/certificate.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { partBytes } from '../../message/build-part.ts'
import type { Workspace } from '../../message/byte-source.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import { streamEnvelopedData } from './enveloped-data.ts'

/**
 * Encrypts an entity to certificates (RFC 8551 3.3): application/pkcs7-mime, AES-256-CBC. Sign first: what is only
 * encrypted shows no change of it. The certificates must have been found usable for encryption.
 */
export async function encryptEntity(
  entity: MimeEntity,
  recipients: readonly Certificate[],
  workspace: Workspace,
): Promise<MimeEntity> {
  const content = partBytes(entity)
  return {
    fields: [
      contentTypeField(
        'application/pkcs7-mime',
        new Map([
          ['smime-type', 'enveloped-data'],
          ['name', 'smime.p7m'],
        ]),
      ),
      structuredField('Content-Transfer-Encoding', 'base64'),
      contentDispositionField('attachment', 'smime.p7m'),
    ],
    body: await workspace.collect(encodeBase64(streamEnvelopedData(content, recipients))),
  }
}
