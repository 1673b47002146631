import { randomBytes } from 'node:crypto'
import type { Signer } from '../../keys/signer.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildMultipart, buildPart, partBytes } from '../../message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import { encodeBase64 } from '../../message/encode-base64.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import { type SevenBitEntity, toSevenBit } from '../../message/to-seven-bit.ts'
import { detachedSignedData, digestOf } from './signed-data.ts'

/** `isSevenBit` as in SevenBitEntity: false means that a server without 8BITMIME could break the signature. */
export type SignedEntity = SevenBitEntity

/**
 * Signs an entity so that it stays readable without S/MIME (RFC 8551 3.5.3): multipart/signed around the entity, which
 * is made 7-bit first, because a server on the way may re-encode anything else and break the signature.
 */
export async function signEntity(
  entity: MimeEntity,
  signer: Signer,
  workspace: Workspace,
  signingTime: Date,
): Promise<SignedEntity> {
  const content = await toSevenBit(entity, workspace)
  const covered = partBytes(content)
  const signature = await detachedSignedData(await digestOf(covered.stream()), signer, signingTime)
  const parts = [covered, await signaturePart(signature, workspace)]
  const { fields, body } = buildMultipart('signed', parameters, parts, newBoundary())
  // RFC 2045 6.4: a multipart must not claim less than its parts need.
  const eightBit = content.isSevenBit ? [] : [structuredField('Content-Transfer-Encoding', '8bit')]
  return { fields: [...fields, ...eightBit], body, isSevenBit: content.isSevenBit }
}

/** RFC 8551 3.5.3.2. */
const parameters = new Map([
  ['protocol', 'application/pkcs7-signature'],
  ['micalg', 'sha-256'],
])

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
