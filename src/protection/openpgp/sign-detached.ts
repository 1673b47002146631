import type { PacketList, PrivateKey, SignaturePacket } from 'openpgp'
import { fullOpenPgpSettings, openPgpLibrary } from '../../keys/openpgp/openpgp-library.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildMultipart, buildPart, partBytes } from '../../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import { type SevenBitEntity, toSevenBit } from '../../message/to-seven-bit.ts'
import { fromStream, streamOf } from './library-streams.ts'
import { newBoundary, privateKeyOf, unusable } from './sign-and-encrypt.ts'

/**
 * multipart/signed (RFC 3156 5): readable by everybody. The entity becomes 7-bit first, because a server on the way may
 * re-encode anything else and break the signature; `isSevenBit` is false where that was not possible.
 */
export async function signDetached(
  entity: MimeEntity,
  armoredPrivateKey: string,
  workspace: Workspace,
  at: Date,
): Promise<SevenBitEntity> {
  const signingKeys = await privateKeyOf(armoredPrivateKey)
  const content = await toSevenBit(entity, workspace)
  const covered = partBytes(content)
  const armored = await signatureOver(covered, signingKeys, at).catch((error: unknown) => {
    throw unusable(error)
  })
  const signature = buildPart(
    [
      contentTypeField('application/pgp-signature', new Map([['name', 'signature.asc']])),
      structuredField('Content-Description', 'OpenPGP digital signature'),
      contentDispositionField('attachment', 'signature.asc'),
    ],
    bytesInMemory(armored),
  )
  const parameters = new Map([
    ['protocol', 'application/pgp-signature'],
    ['micalg', 'pgp-sha512'],
  ])
  const { fields, body } = buildMultipart('signed', parameters, [covered, signature], newBoundary())
  const eightBit = content.isSevenBit ? [] : [structuredField('Content-Transfer-Encoding', '8bit')]
  return { fields: [...fields, ...eightBit], body, isSevenBit: content.isSevenBit }
}

/**
 * The armored signature. The library's own detached signing holds all content in memory; so we let it sign in one pass and
 * take the signature from the end of what it would send.
 */
async function signatureOver(covered: ByteSource, signingKeys: PrivateKey, at: Date): Promise<Uint8Array> {
  const library = await openPgpLibrary()
  // micalg says so; the recipient's preferences, which could ask for another, are not known here.
  const config = { ...fullOpenPgpSettings(library), preferredHashAlgorithm: library.enums.hash.sha512 }
  const message = await library.createMessage({ binary: streamOf(covered.stream()) })
  const signed = await library.sign({ message, signingKeys, date: at, format: 'object', config })
  for await (const _ of fromStream(signed.getLiteralData()));
  const packets = signed.packets.filterByTag(library.enums.packet.signature) as PacketList<SignaturePacket>
  const pieces: Uint8Array[] = []
  for await (const piece of fromStream(new library.Signature(packets).armor(config)))
    pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}
