import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import type { HeaderField } from '../../message/header-field.ts'

/** The fields of a part that is one CMS structure in base64 (RFC 8551 3.2). */
export function pkcs7Fields(
  smimeType: 'signed-data' | 'enveloped-data' | 'authEnveloped-data',
): readonly HeaderField[] {
  return [
    contentTypeField(
      'application/pkcs7-mime',
      new Map([
        ['smime-type', smimeType],
        ['name', 'smime.p7m'],
      ]),
    ),
    structuredField('Content-Transfer-Encoding', 'base64'),
    contentDispositionField('attachment', 'smime.p7m'),
  ]
}
