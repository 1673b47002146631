import { randomBytes } from 'node:crypto'
import type { Signer } from '../../keys/signer.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildMultipart, buildPart, partBytes } from '../../message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import { type SevenBitEntity, toSevenBit } from '../../message/to-seven-bit.ts'
import { digests } from './algorithms.ts'
import { pkcs7Fields } from './pkcs7-fields.ts'
import { signatureSchemeOf } from './signature-scheme.ts'
import { detachedSignedData, opaqueSignedData } from './signed-data.ts'

/** `isSevenBit` as in SevenBitEntity: false means that a server without 8BITMIME could break the signature. */
export type SignedEntity = SevenBitEntity

/** `clear`: readable without S/MIME. `opaque`: what servers on the way rebuild cannot break it. */
export type SignatureForm = 'clear' | 'opaque'

/**
 * Signs an entity (RFC 8551 3.5), made 7-bit first: clear-signed, a server on the way may re-encode anything else and
 * break the signature; opaque, the program that takes it out may. Parts that are signed already keep their bytes.
 */
export async function signEntity(
  entity: MimeEntity,
  signer: Signer,
  form: SignatureForm,
  workspace: Workspace,
  signingTime: Date,
): Promise<SignedEntity> {
  const content = await toSevenBit(entity, workspace)
  const covered = partBytes(content)
  switch (form) {
    case 'opaque': {
      const signed = opaqueSignedData(covered, signer, signingTime)
      return {
        fields: pkcs7Fields('signed-data'),
        body: await workspace.collect(encodeBase64(signed)),
        isSevenBit: true,
      }
    }
    case 'clear': {
      const signature = await detachedSignedData(covered, signer, signingTime)
      const parts = [covered, await signaturePart(signature, workspace)]
      const { micalg } = digests[signatureSchemeOf(signer.privateKey).digest]
      // RFC 8551 3.5.3.2.
      const parameters = new Map([
        ['protocol', 'application/pkcs7-signature'],
        ['micalg', micalg],
      ])
      const { fields, body } = buildMultipart('signed', parameters, parts, newBoundary())
      // RFC 2045 6.4: a multipart must not claim less than its parts need.
      const eightBit = content.isSevenBit ? [] : [structuredField('Content-Transfer-Encoding', '8bit')]
      return { fields: [...fields, ...eightBit], body, isSevenBit: content.isSevenBit }
    }
  }
}

async function signaturePart(signature: Uint8Array, workspace: Workspace) {
  const fields = [
    contentTypeField('application/pkcs7-signature', new Map([['name', 'smime.p7s']])),
    structuredField('Content-Transfer-Encoding', 'base64'),
    contentDispositionField('attachment', 'smime.p7s'),
  ]
  return buildPart(fields, await workspace.collect(encodeBase64(bytesInMemory(signature).stream())))
}

/** `=_` occurs in no quoted-printable and no base64 text (RFC 2045 6.7); the rest is beyond guessing. */
function newBoundary(): string {
  return `=_${randomBytes(16).toString('hex')}`
}
